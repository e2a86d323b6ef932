"""Settings: a line of `countersign.toml`, or an environment variable `COUNTERSIGN_...`, or the embedded default."""

from pathlib import Path
from typing import Literal

from platformdirs import user_data_path
from pydantic import Field
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)


class Settings(BaseSettings):
    """All of them, with defaults that work without any configuration."""

    model_config = SettingsConfigDict(env_prefix="COUNTERSIGN_", toml_file="countersign.toml", extra="forbid")

    data: Path = Field(default_factory=lambda: user_data_path("countersign", appauthor=False))
    """Folder of the embedded store, the event file and the master keys."""
    host: str = "127.0.0.1"
    port: int = 8700
    public_url: str = ""
    """Where players reach the collector, for hosted challenge pages; by default http://host:port."""
    database: str = ""
    """SQLAlchemy URL; by default SQLite below `data`."""
    bus: str = ""
    """`kafka://host:port/topic` or `file:///path`; by default an NDJSON file below `data`."""
    geo: list[Path] = []
    """MMDB files, in order of precedence."""
    trusted_proxies: list[str] = []
    """Networks whose `Forwarded` and `X-Forwarded-For` headers are believed."""
    policy: Path | None = None
    model: Path | None = None
    failover: Literal["allow", "challenge", "deny"] = "challenge"
    """What a decision says when evidence can't be had in time."""
    interval_ms: int = 5000
    """How often clients send."""
    session_hours: float = 12.0
    token_minutes: float = 15.0
    retention_days: float = 30.0
    address_hours: float = 72.0
    """After this, stored addresses are truncated (/24, /48)."""
    commit_queue: int = 2048
    """Commits that may wait; more are shed with 503."""
    log_level: str = "info"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over the environment, the environment over the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @property
    def database_url(self) -> str:
        """The URL in force."""
        return self.database or f"sqlite+aiosqlite:///{self.data / 'countersign.db'}"
