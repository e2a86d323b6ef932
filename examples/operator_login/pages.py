"""The pages of the login. Every value is escaped on its way in, and no page runs a script."""

from html import escape
from string import Template
from typing import Final

from starlette.responses import HTMLResponse

_FRAME: Final = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title · Lantern Bay</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<main class="card">
<header>
<svg viewBox="0 0 48 48" aria-hidden="true">
<path d="M18 8h12M24 3v5M15 14h18l3 24H12zM10 44h28" /><circle cx="24" cy="26" r="5" />
</svg>
<span>Lantern Bay</span>
</header>
$content
</main>
<footer>A made-up casino, to show a login.</footer>
</body>
</html>
""")

_LOGIN: Final = Template("""<h1>Welcome back</h1>
<p class="lead">The tables are open. Sign in to take your seat.</p>
$message
<form method="post" action="/login">
<input type="hidden" name="token" value="$token">
<label>Name<input name="user" value="$user" autocomplete="username" required autofocus></label>
<label>Password<input name="password" type="password" autocomplete="current-password" required></label>
<button>Sign in</button>
</form>
<p class="hint">Try <b>ada</b> with <b>lovelace</b>.</p>
""")

_STEP_UP: Final = Template("""<h1>One more moment, $user</h1>
<p class="lead">Your password is right. We only want to be sure that it is you at the controls.</p>
<a class="button" href="$url">Continue</a>
<p class="hint">You will be back here right after.</p>
""")

_LOBBY: Final = Template("""<h1>Good to see you, $user</h1>
<p class="lead">You are in. Your seat is kept warm.</p>
<ul class="tables"><li>Reef of Fortune<b>4 seats</b></li><li>Harbour Roulette<b>2 seats</b></li><li>Night Tide Poker<b>full</b></li></ul>
<form method="post" action="/logout"><button class="quiet">Sign out</button></form>
""")

_DENIED: Final = Template("""<h1>We can't let you in</h1>
<p class="lead">Something about this sign-in did not add up. If it was you, our desk will sort it out.</p>
<p class="hint">Tell them this: <code>$reference</code></p>
<a class="button quiet" href="/">Back to the start</a>
""")

_SORRY: Final = Template("""<h1>Back in a minute</h1>
<p class="lead">We can't check sign-ins right now, and we would rather be safe. Please try again shortly.</p>
<a class="button quiet" href="/">Try again</a>
""")

_PAGES: Final = {
    "login": ("Sign in", _LOGIN),
    "step_up": ("One more moment", _STEP_UP),
    "lobby": ("Lobby", _LOBBY),
    "denied": ("Not now", _DENIED),
    "sorry": ("Back in a minute", _SORRY),
}
_HEADERS: Final = {
    "content-security-policy": "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


def page(name: str, status: int = 200, message: str = "", **values: str) -> HTMLResponse:
    """Return one of the pages. The token in the address of the login page stays out of referrers and caches."""
    title, content = _PAGES[name]
    safe = {"token": "", "user": "", "reference": ""} | {key: escape(value) for key, value in values.items()}
    safe["message"] = f'<p class="wrong" role="alert">{escape(message)}</p>' if message else ""
    return HTMLResponse(_FRAME.substitute(title=title, content=content.safe_substitute(safe)), status, _HEADERS)
