"""syncd in the background: looks when a schedule or a changed file says so, and calls the one engine.

It decides nothing about papers. Its parts are small: when (`schedule`, `watch`), whether (`roster`), whose turn it is
(`queues`), the work (`work`), how others talk to it (`control`, `systemd`), what it tells (`logs`, `metrics`, `ping`,
`news`), and the loop that joins them (`loop`).
"""
