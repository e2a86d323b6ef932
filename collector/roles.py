"""Who may call what. A key has one role."""

from enum import StrEnum


class Role(StrEnum):
    """The five kinds of API key."""

    CLIENT = "client"
    OPERATOR = "operator"
    RISK = "risk"
    ANALYST = "analyst"
    ADMIN = "admin"
