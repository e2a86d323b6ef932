"""Policy as data: ordered rules in CEL over scores, reasons and context, and what to do when something fails."""
