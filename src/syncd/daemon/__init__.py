"""syncd in the background: looks when a schedule or a changed file says so, and calls the one engine.

It decides nothing about papers. Its parts are small: when (`schedule`, `watch`, `inotify`), whether (`roster`), whose
turn it is (`queues`), the work (`work`), the process that parses (`parsing`), how others talk to it (`control`, `http`,
`systemd`), what it tells (`logs`, `metrics`, `ping`, `news`), and the loop that joins them (`loop`).
"""
