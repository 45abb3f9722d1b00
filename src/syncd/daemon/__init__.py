"""syncd in the background: looks when a schedule or a changed file says so, and calls the one engine.

It decides nothing about papers. Its parts are small: when (`schedule`, `watch`), whether (`roster`), whose turn it is
(`queues`), the work (`work`), the process that parses (`parser`), how others ask it (`api`, `views`, `questions`; `ask`
is the commands' side), what it tells (`events`, `logs`, `metrics`, `news`, `tell`), and the loop that joins them
(`loop`).
"""
