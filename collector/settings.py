"""Settings: a line of `countersign.toml`, or an environment variable `COUNTERSIGN_...`, or the embedded default."""

from pathlib import Path
from typing import Literal

from platformdirs import user_data_path
from pydantic import Field, SecretStr
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
    """MMDB files, in order of precedence; by default those below `data`/geo, where `countersign geo fetch` puts them."""
    maxmind_account: str = ""
    """Account id and licence key, for `countersign geo fetch --source maxmind` alone."""
    maxmind_key: SecretStr = SecretStr("")
    trusted_proxies: list[str] = []
    """Networks whose `Forwarded` and `X-Forwarded-For` headers are believed."""
    company_networks: list[str] = []
    """Networks of companies whose people play: many behind one address, and seldom where the address is."""
    speed_limit_kmh: float = 900.0
    """Who seems to have travelled faster than this was not travelling."""
    policy: Path | None = None
    model: Path | None = None
    """How much each detector's word weighs; by default what ships."""
    timing_model: Path | None = None
    """What `countersign fit` wrote: how people's input is told from bots'; by default what ships."""
    failover: Literal["allow", "challenge", "deny"] = "challenge"
    """What a decision says when evidence can't be had in time."""
    decision_seconds: float = 0.5
    """A decision that takes longer is made in the failover's direction."""
    return_origins: list[str] = []
    """Origins (`https://shop.example`) that a hosted challenge page may return to, post its result to, or be framed by.

    While there are none and `public_url` is this machine's own, pages may return to 127.0.0.1 and localhost, for trying things out.
    """
    interval_ms: int = 5000
    """How often clients send."""
    session_hours: float = 12.0
    token_minutes: float = 15.0
    retention_days: float = 30.0
    address_hours: float = 72.0
    """After this, stored addresses are truncated (/24, /48)."""
    commit_queue: int = 2048
    """Commits that may wait; more are shed with 503."""
    rate_key: str = "60000/minute"
    """Calls of one API key; empty for no limit. Every player of a game shares the game's client key."""
    rate_session: str = "120/minute"
    rate_address: str = "6000/minute"
    """Calls from one address. Generous, as carriers put many players behind one."""
    body_seconds: float = 10.0
    """A request whose body takes longer is turned away."""
    live_sessions: int = 20_000
    """Sessions kept in memory. More are no loss, only work: they are read back from the store."""
    snapshot_every: int = 16
    """Batches between two snapshots of what is remembered of a session."""
    score_seconds: float = 15.0
    """A session that plays is scored and its scores are published this often; at once when it says something new of its machine."""
    unknown_build: Literal["accept", "reject"] = "accept"
    """What happens to a client of a build that is not registered, where its game has others that are. Accepted, it is evidence."""
    rejects_kept: int = 1000
    """Rejected batches that are kept, with their reasons."""
    master_keys: list[SecretStr] = []
    """Hex of 32 bytes each, oldest first; by default made at the first start and kept below `data`. Collectors that share
    a store share these."""
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
