"""Pages that stand in the way of the page: sign-ins, checks for robots, pages that only scripts fill.

It judges a page only after it turned out to be no profile; a page that can be read needs no such judgement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncd.text.patterns import pattern

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser

ROBOT_TEXT = pattern(
    r"""(?xi) captcha | just\sa\smoment | checking\s(?:if\sthe\ssite|your\sbrowser)
    | (?:you\sare|you're)\s(?:a\s)?(?:human|not\sa\srobot) | are\syou\sa\s(?:robot|human)
    | attention\srequired | unusual\s(?:traffic|activity) | security\s(?:check|verification)
    | enable\sjavascript\sand\scookies | ddos\sprotection | bot\sdetection""",
    hostile="are you a ",
)
"""What pages say that let only people through.

>>> [bool(ROBOT_TEXT.search(text)) for text in ("Just a moment...", "Verify you are human", "A robot that reads")]
[True, True, False]
"""

ROBOT_MARKUP = (
    'iframe[src*="captcha" i], iframe[src*="challenges.cloudflare" i], script[src*="challenge-platform" i],'
    ' script[src*="captcha" i], [class*="g-recaptcha" i], [class*="h-captcha" i], [class*="cf-turnstile" i],'
    ' [id*="captcha" i], form[id*="challenge" i]'
)
"""Elements that only such pages have."""

LOGIN_TEXT = pattern(
    r"(?i)\b(?:(?:sign|log)[ -]?(?:in|on)|einloggen|anmelden|se connecter|create an account)\b",
    hostile="sign ",
)
"""What sign-in pages say in their title, or in so many words.

>>> [bool(LOGIN_TEXT.search(text)) for text in ("Log in · Scholar", "Sign-in", "Design in nature")]
[True, True, False]
"""

LOGIN_MARKUP = (
    'input[type="password" i], form[action*="login" i], form[action*="signin" i], form[action*="sign_in" i]'
)

SHORT = 2_000
"""Characters of text that a page has at most which is nothing but such a wall."""

EMPTY = 200
"""Characters of text that a page has at most which scripts were to fill."""

IN_BROWSER = "Open the page in a browser{signed}, save it there, and name the saved file as the source."


def wall(tree: LexborHTMLParser, text: str) -> tuple[str, str] | None:
    """Tell what stands in the way of a page.

    Args:
        tree: the page.
        text: what it shows.

    Returns:
        What it is, and what to do; None if it is no such page.
    """
    title = tree.css_first("title")
    shown = f"{title.text() if title else ''}\n{text if len(text) < SHORT else ''}"
    if len(text) < SHORT and (ROBOT_TEXT.search(shown) or tree.css_first(ROBOT_MARKUP)):
        return "this is a page that checks for robots", IN_BROWSER.format(signed="")
    if tree.css_first(LOGIN_MARKUP) or LOGIN_TEXT.search(shown):
        return "this is a login page", IN_BROWSER.format(signed=" in which you are signed in")
    if len(text) < EMPTY and tree.css_first("script"):
        return "this page is empty until a browser runs its scripts", IN_BROWSER.format(signed="")
    return None
