"""syncd in the background: looks when a schedule or a changed file says so, and calls the one engine.

It decides nothing about papers. `loop` joins its parts: when a profile is due (`schedule`, `watch`, `folders`), whether
it may be looked at (`roster`), when it has its turn and which looks are under way (`looks`), the work of one (`work`),
the process that parses (`parser`), what keeps lists as they should be (`lists`), how others ask (`sockets`, `signed`,
`asked`, `api`, `views`, `questions`; `ask` is the commands' side), and what is told (`tell`, `events`, `logs`,
`metrics`, `ping`, `news`).
"""
