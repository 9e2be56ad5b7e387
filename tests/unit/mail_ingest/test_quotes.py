"""What of a text may be folded: quotes of the common mail programs in Polish, English and German. Nothing is ever cut."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail_ingest.parsing.quote_headings import is_heading
from mail_ingest.parsing.quotes import folds_of

HEADINGS = [
    "W dniu 20.11.2026 o 10:05, Jan Kowalski pisze:",  # Thunderbird
    "W dniu 2026-11-20 10:05, jan@kowalski.example napisał(a):",  # Roundcube
    "W dniu pt., 20 lis 2026 o 10:05 Jan Kowalski <jan@kowalski.example> napisał(a):",  # Gmail
    "pt., 20 lis 2026 o 10:05 Jan Kowalski <jan@kowalski.example> napisał(a):",  # Gmail, older
    "Dnia 20 listopada 2026 10:05 Jan Kowalski <jan@kowalski.example> napisał(a):",  # portals
    "Dnia 20-11-2026 o godz. 10:05 Jan napisał:",
    "Wiadomość napisana przez Jan Kowalski <jan@kowalski.example> w dniu 20 lis 2026, o godz. 10:05:",  # Apple
    "Użytkownik Jan Kowalski <jan@kowalski.example> w dniu 20.11.2026 napisał:",
    "On Fri, Nov 20, 2026 at 10:05 AM Jan Kowalski <jan@kowalski.example> wrote:",  # Gmail
    "On 20 Nov 2026, at 10:05, Jan Kowalski <jan@kowalski.example> wrote:",  # Apple
    "On 11/20/26 10:05, Jan Kowalski wrote:",  # Thunderbird
    "Am 20.11.2026 um 10:05 schrieb Jan Kowalski:",  # Thunderbird
    "Am Fr., 20. Nov. 2026 um 10:05 Uhr schrieb Jan Kowalski <jan@kowalski.example>:",  # Gmail
    "Am 20.11.2026 um 10:05 schrieb Jan Kowalski <jan@kowalski.example>:",  # Apple
]
OUTLOOK = [
    "Od: Jan <jan@kowalski.example>\nWysłano: piątek, 20 listopada 2026 10:05\nDo: Biuro\nTemat: Oferta",
    "From: Jan <jan@kowalski.example>\nSent: Friday, November 20, 2026 10:05 AM\nTo: Biuro\nCc: x\nSubject: RE: Offer",
    "Von: Jan <jan@kowalski.example>\nGesendet: Freitag, 20. November 2026 10:05\nAn: Biuro\nBetreff: AW: Angebot",
    "*Od:* Jan\n*Data:* 20 lis 2026\n*Do:* Biuro\n*Temat:* Oferta",
    "-----Original Message-----\nFrom: Jan\nSent: x\nTo: y\nSubject: z",
    "----- Wiadomość oryginalna -----\nOd: Jan",
    "-----Ursprüngliche Nachricht-----\nVon: Jan",
    "________________________________\nOd: Jan\nWysłane: piątek\nDo: Biuro\nTemat: Oferta",
]
FORWARDS = [
    "---------- Forwarded message ---------\nFrom: Jan",
    "---------- Wiadomość przekazana dalej ----------\nOd: Jan",
    "-------- Przekazana wiadomość --------\nTemat: x",
    "-------- Treść przekazanej wiadomości --------\nTemat: x",
    "-------- Weitergeleitete Nachricht --------\nBetreff: x",
    "Begin forwarded message:\n\nFrom: Jan",
    "Początek przekazywanej wiadomości:\n\nOd: Jan",
    "Anfang der weitergeleiteten Nachricht:\n\nVon: Jan",
]


def folded(text: str) -> list[tuple[str, str]]:
    return [(fold.kind, text[fold.start : fold.end]) for fold in folds_of(text)]


@pytest.mark.parametrize("heading", HEADINGS)
def test_heading_and_quoted_lines_are_one_fold(heading: str) -> None:
    quote = f"{heading}\n> Czy macie?\n>\n\n> Jan\n"
    assert folded(f"Tak.\n\n{quote}Do zobaczenia") == [("quote", quote)]


@pytest.mark.parametrize("heading", HEADINGS)
def test_without_signs_all_below_a_heading_is_the_quote(heading: str) -> None:
    """As HTML looks once it has become text."""
    assert folded(f"Tak.\n{heading}\n\nCzy macie?\n") == [("quote", f"{heading}\n\nCzy macie?\n")]


def test_a_wrapped_heading_is_still_one() -> None:
    heading = "On Fri, Nov 20, 2026 at 10:05 AM Jan Kowalski\n<jan.kowalski@very-long.kowalski.example>\nwrote:"
    assert folded(f"Yes.\n\n{heading}\n> Do you?") == [("quote", f"{heading}\n> Do you?")]


@pytest.mark.parametrize("header", OUTLOOK)
def test_headers_of_outlook(header: str) -> None:
    quote = f"{header}\n\nCzy macie?"
    assert folded(f"Tak.\n\n{quote}") == [("quote", quote)]


@pytest.mark.parametrize("separator", FORWARDS)
def test_forwarded_mail_is_told_apart(separator: str) -> None:
    assert folded(f"Proszę zobaczyć.\n\n{separator}\ntreść") == [("forwarded", f"{separator}\ntreść")]


def test_answers_between_the_lines_stay_in_view() -> None:
    text = "Jan pisze:\n> Kiedy?\nW piątek.\n> Ile?\nSto.\n"
    assert folded(text) == [("quote", "> Kiedy?\n"), ("quote", "> Ile?\n")]


def test_a_signature_ends_where_the_quote_begins() -> None:
    text = "Tak.\n-- \nAnna\nAcme\n\nW dniu 20.11.2026 o 10:05, Jan pisze:\n> Ile?"
    assert folded(text) == [
        ("signature", "-- \nAnna\nAcme\n\n"),
        ("quote", "W dniu 20.11.2026 o 10:05, Jan pisze:\n> Ile?"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Dzień dobry.",
        "> wszystko jest cytatem",
        "---------- Forwarded message ---------\nFrom: Jan\n\ntreść",
        "Od: poniedziałku\nDo: piątku\nbędę na urlopie",  # two words that only look like a header
        "On Monday he wrote: a letter",
        "Od jutra zmieniamy adres.\nDo zobaczenia",
        "W dniu 20.11.2026 odbędzie się spotkanie:\nprogram",
        "Lista:\n-- pierwszy\n-- drugi",
        "-- \nsam podpis",
        "a -> b\n--> c",
        "| towar | cena |\n| śruba | 1 zł |",
    ],
)
def test_what_is_no_quote_or_would_leave_nothing_is_shown(text: str) -> None:
    assert folds_of(text) == []


@pytest.mark.parametrize("text", ["Jan napisał:", "Wrote:", "On", "dnia:", "x" * 500 + " wrote:", "Am schrieb Jan:"])
def test_what_is_no_heading(text: str) -> None:
    assert not is_heading(text)


@given(st.text(alphabet=st.sampled_from(list("> \n-_:OdFromWysłanoDoTemat1.ab")), max_size=300))
def test_folds_are_places_in_order_and_leave_something(text: str) -> None:
    folds = folds_of(text)
    places = [place for fold in folds for place in (fold.start, fold.end)]
    assert places == sorted(places)
    assert all(0 <= place <= len(text) for place in places)
    if folds:
        rest = "".join(text[a:b] for a, b in zip([0, *places[1::2]], [*places[::2], len(text)], strict=True))
        assert rest.strip()


@pytest.mark.parametrize(
    "morsel",
    [
        "On 1 ",
        "W dniu 1 ",
        "Od: \n",
        "> \n\n",
        "Am 1 schrieb ",
        "_" * 50 + "\n",
        "-- \n",
        "Wiadomość napisana przez 1 w dniu ",
    ],
)
def test_no_text_takes_long(morsel: str) -> None:
    began = time.process_time()
    folds_of("x\n" + morsel * 20_000)
    folds_of("x\n" + "\n".join([morsel.strip()] * 20_000))
    assert time.process_time() - began < 5
