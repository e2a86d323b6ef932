"""What the operator of an autonomous system suggests about its network: by number where its name says too little, else by the name's words.

A guess, and ranked as one (`geo.kinds`): it speaks where nothing better does. The words are those that network operators use of themselves.
"""

import re
from functools import lru_cache

from geo.kinds import BY_NAME, HOSTING_BY_NAME, RANKS, SILENT, Claim
from geo.place import Kind

_NUMBERS = {
    14593: Kind.SATELLITE,  # Starlink
    27277: Kind.SATELLITE,  # Starlink
    7155: Kind.SATELLITE,  # Viasat
    6621: Kind.SATELLITE,  # Hughes
    62371: Kind.VPN,  # Proton
    209103: Kind.VPN,  # Proton
    39351: Kind.VPN,  # 31173 Services, home of Mullvad
    21928: Kind.CELLULAR,  # T-Mobile USA
    22394: Kind.CELLULAR,  # Verizon Wireless
    6167: Kind.CELLULAR,  # Verizon Wireless
    20057: Kind.CELLULAR,  # AT&T Mobility
    55836: Kind.CELLULAR,  # Reliance Jio
    45609: Kind.CELLULAR,  # Bharti Airtel, mobile
}

_ORDER = (Kind.TOR, Kind.VPN, Kind.CDN, Kind.SATELLITE, Kind.HOSTING, Kind.CELLULAR, Kind.BUSINESS, Kind.RESIDENTIAL)
"""Where words of several kinds are in a name, the first kind holds."""

_WORDS = {
    Kind.VPN: "vpn nordvpn expressvpn mullvad surfshark tzulo windscribe",
    Kind.CDN: "akamai fastly cloudflare cdn cdn77 edgecast limelight bunnycdn bunnyway",
    Kind.SATELLITE: "satellite starlink viasat hughesnet oneweb inmarsat",
    Kind.HOSTING: (
        "hosting webhosting host hosts hosted cloud clouds datacenter datacentre datacenters colocation colo colocrossing "
        "server servers vps dedicated amazon aws google microsoft azure digitalocean hetzner ovh ovhcloud linode vultr choopa "
        "contabo leaseweb scaleway m247 datacamp gcore alibaba tencent ionos rackspace oracle equinix psychz quadranet nforce "
        "worldstream upcloud strato godaddy hostinger namecheap dreamhost bluehost hostwinds interserver kamatera netcup "
        "serverius hivelocity"
    ),
    Kind.CELLULAR: "mobile mobility wireless cellular cellco lte gsm",
    Kind.BUSINESS: (
        "university universitat universitaet universite universidad universidade universita college school schools hochschule "
        "ministry government hospital bank research institute"
    ),
    Kind.RESIDENTIAL: (
        "broadband cable cablevision dsl fiber fibre fibra communications communication telecom telecoms telecommunications "
        "telecomunicacoes telecomunicaciones telekom telefonica telefonia telenet telenor telia telstra telus tele2 telenet "
        "comcast vodafone orange charter verizon at&t cox centurylink sky virgin isp internet"
    ),
}
_PLACES = {word: place for place, kind in reversed(list(enumerate(_ORDER))) for word in _WORDS.get(kind, "").split()}
_PHRASES = {
    "tor exit": Kind.TOR,
    "tor project": Kind.TOR,
    "tor network": Kind.TOR,
    "foundation for applied privacy": Kind.TOR,
    "31173 services": Kind.VPN,
    "content delivery": Kind.CDN,
    "space exploration": Kind.SATELLITE,
    "hughes network": Kind.SATELLITE,
    "data center": Kind.HOSTING,
    "data centre": Kind.HOSTING,
    "digital ocean": Kind.HOSTING,
    "constant company": Kind.HOSTING,
    "online s.a.s": Kind.HOSTING,
}
_PHRASE = re.compile("|".join(map(re.escape, _PHRASES)))
_WORD = re.compile(r"[\w&]+")


@lru_cache(1 << 16)
def claim_of(asn: int | None, org: str | None, *, anonymiser: bool) -> Claim:
    """Return what the AS number and the organisation's name suggest.

    With an anonymiser file configured a name is no reason to speak of hosting, VPN or Tor: the file knows.
    """
    kind = _NUMBERS.get(asn) if asn is not None else None
    if kind is None and org:
        kind = _kind_of_name(org.lower())
    if kind is None or (anonymiser and kind in (Kind.HOSTING, Kind.VPN, Kind.TOR)):
        return SILENT
    if kind is Kind.HOSTING:
        return Claim(HOSTING_BY_NAME, kind, org)
    return Claim(RANKS[kind], kind, org) if kind in RANKS else Claim(BY_NAME, kind)


def _kind_of_name(name: str) -> Kind | None:
    best = len(_ORDER)
    for word in _WORD.findall(name):
        best = min(best, _PLACES.get(word, best))
    phrase = _PHRASE.search(name)
    if phrase is not None:
        best = min(best, _ORDER.index(_PHRASES[phrase[0]]))
    return _ORDER[best] if best < len(_ORDER) else None
