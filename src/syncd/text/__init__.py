"""Text: LaTeX to Unicode, personal names, dates, titles, links. Pure."""
