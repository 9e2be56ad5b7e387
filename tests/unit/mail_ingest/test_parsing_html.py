"""HTML: cleaned for showing (reliability D7) and read as text."""

from __future__ import annotations

import time
from html.parser import HTMLParser

import pytest

from mail_ingest.parsing.html_bounds import is_within
from mail_ingest.parsing.html_cleaning import cleaned_html
from mail_ingest.parsing.html_text import text_of_html
from mail_ingest.parsing.limits import Limits

CIDS = {"logo@x": "/v1/messages/m/attachments/1"}
ACTIVE_TAGS = {
    "script",
    "style",
    "link",
    "meta",
    "base",
    "form",
    "input",
    "button",
    "textarea",
    "iframe",
    "frame",
    "object",
    "embed",
    "svg",
    "math",
    "video",
}


class Inspector(HTMLParser):
    """Collects what must not be there, by parsing the output rather than searching it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ACTIVE_TAGS:
            self.found.append(tag)
        for name, value in attrs:
            text = "".join((value or "").split()).lower()
            if name.startswith("on") or name in (
                "style",
                "class",
                "id",
                "srcset",
                "background",
                "poster",
                "formaction",
            ):
                self.found.append(name)
            if text.startswith(("javascript:", "vbscript:", "data:", "file:")) or (
                name == "src" and not text.startswith("/v1/")
            ):
                self.found.append(f"{name}={text}")


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script><p>x</p>",
        "<scr<script>ipt>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<img src=http://tracker.example/x.gif>",
        "<img src=//tracker.example/x.gif>",
        "<img src='/relative.gif'>",
        "<img src='data:image/svg+xml,<svg onload=alert(1)>'>",
        "<img srcset='http://tracker.example/x 2x'>",
        "<table background='http://tracker.example/x'><tr><td background=x>y</table>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='java&#10;script:alert(1)'>x</a>",
        "<a href=' &#1;javascript:alert(1)'>x</a>",
        "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
        "<a href='//evil.example'>x</a>",
        "<p style='background:url(http://tracker.example)'>x</p>",
        "<style>@import 'http://tracker.example'</style>",
        "<link rel=stylesheet href=http://tracker.example>",
        "<meta http-equiv=refresh content='0;url=http://evil.example'>",
        "<base href='http://evil.example'>",
        "<form action=http://evil.example><input name=p type=password><button>ok</button></form>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<object data=x></object><embed src=x><applet code=x></applet>",
        "<svg><script>alert(1)</script><feImage href='http://tracker.example'/></svg>",
        "<svg><style><img src=x onerror=alert(1)></style></svg>",
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        "<video poster=http://tracker.example src=http://tracker.example autoplay></video>",
        "<div id=x class=y onclick=alert(1)>x</div>",
        "<!--[if mso]><script>alert(1)</script><![endif]-->",
        "<a href='http://x' onmouseover='alert(1)'>x",
        "<p/onclick=alert(1)>x",
        '<img src="cid:logo@x" onload=alert(1)>',
        "<isindex action=javascript:alert(1)>",
        "<template><script>alert(1)</script></template>",
    ],
)
def test_nothing_active_is_left(html: str) -> None:
    inspector = Inspector()
    inspector.feed(cleaned_html(html, CIDS))
    inspector.close()
    assert inspector.found == []


@pytest.mark.parametrize(
    ("html", "cleaned"),
    [
        ("<p>Dzień <b>dobry</b></p>", "<p>Dzień <b>dobry</b></p>"),
        (
            "<a href=https://x.example/?a=1&b=2>x</a>",
            '<a href="https://x.example/?a=1&amp;b=2" rel="noopener noreferrer nofollow">x</a>',
        ),
        ("<a href=mailto:jan@x.pl>x</a>", '<a href="mailto:jan@x.pl" rel="noopener noreferrer nofollow">x</a>'),
        ("<a href=tel:+48123>x</a>", '<a href="tel:+48123" rel="noopener noreferrer nofollow">x</a>'),
        ("<img src='cid:logo@x' width=10 alt=logo>", '<img src="/v1/messages/m/attachments/1" width="10" alt="logo">'),
        ("<img src='CID:LOGO%40x'>", '<img src="/v1/messages/m/attachments/1">'),
        ("<img src='cid:other@x'>", "<img>"),
        (
            "<table border=1><tr><td colspan=2>x</td></tr></table>",
            '<table border="1"><tbody><tr><td colspan="2">x</td></tr></tbody></table>',
        ),
        ("<title>t</title><p>x", "<p>x</p>"),
        ("a\x00b", "ab"),
    ],
)
def test_what_people_write_stays(html: str, cleaned: str) -> None:
    assert cleaned_html(html, CIDS) == cleaned


@pytest.mark.parametrize(
    "html",
    [
        "<p " + " ".join(f"a{n}=1" for n in range(100_000)) + ">",
        '<p a=">"' + " b" * 300_000 + ">x",
        "<p a='" + "x" * 500_000,
        "<p>" + "".join(f"<b title={n}>" for n in range(190)) + "</p>" + "<p>x</p>" * 9000,
        "<div>" * 50_000,
        "<b>" * 30_000 + "x",
        "<table><tr><td>" * 10_000,
        "x" * 1_000_001,
        "<p>x</p>" * 30_000,
        "<a" * 400_000,
        "<" * 900_000,
        "<!--" * 200_000,
    ],
)
def test_html_over_the_limits_is_shown_as_text_at_once(html: str) -> None:
    started = time.process_time()
    cleaned = cleaned_html(html, {})
    assert time.process_time() - started < 3.0
    if not is_within(html, Limits()):
        assert cleaned.startswith("<pre>")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Dzień dobry,</p><p>proszę</p>", "Dzień dobry,\n\nproszę"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<div>a</div><div>b</div>", "a\n\nb"),
        ("a <b>b</b>c\n d", "a bc d"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n\n- b"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("5&nbsp;z&#322; &lt;x&gt; &amp;amp;", "5 zł <x> &amp;"),
        ("<style>p{}</style><script>x</script><title>t</title>a", "a"),
        ("a<!-- no --> b<!--[if mso]>no<![endif]-->", "a b"),
        ("a < b and c > d", "a < b and c > d"),
        ("1 <2", "1 <2"),
        ("<pre>a\n  b</pre>", "a\nb"),
        ("<script>never closed", "never closed"),
        ("<!-- never <p>closed", "never\n\nclosed"),
        ("text <a href='x", "text <a href='x"),
        ("", ""),
    ],
)
def test_text_of_html(html: str, text: str) -> None:
    assert text_of_html(html) == text


def test_text_is_made_in_linear_time() -> None:
    for html in (
        "<script>" * 50_000,
        "<!--" * 100_000,
        "<" * 500_000 + ">",
        "<a " * 200_000,
        "&" * 500_000,
        "<p>" * 100_000,
        "<pre>" + "a " * 300_000,
    ):
        started = time.process_time()
        text_of_html(html)
        assert time.process_time() - started < 3.0
