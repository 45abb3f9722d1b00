"""Many workers, one PostgreSQL: what is due stands in tables, a queue hands it out, all call the one engine."""
