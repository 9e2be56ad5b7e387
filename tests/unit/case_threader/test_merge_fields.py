"""Fields of templates and signatures (reliability D8, D9)."""

import pytest

from case_threader.merge_fields import FIELDS, LONGEST_VALUE, Facts, faults_of, filled, filled_html

FACTS = Facts(case_number="7", case_tag="[Acme#7]", account="Kowalski <& syn>", recipient="Jan", author="Anna")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sprawa {{case_number}} {{ CASE_TAG }}", "Sprawa 7 [Acme#7]"),
        ("Sprawa {{numer_sprawy}}, {{odbiorca}}", "Sprawa 7, Jan"),
        ("{{account}}", "Kowalski <& syn>"),
        ("{{case_title}}|", "|"),  # empty where it is not known
        ("{{nothing}}", ""),
        ("{case_number}", "{case_number}"),
    ],
)
def test_fields_are_filled_by_english_and_polish_names(text: str, expected: str) -> None:
    assert filled(text, FACTS) == expected


def test_values_in_html_cannot_become_markup() -> None:
    assert filled_html("<b>{{account}}</b>", FACTS) == "<b>Kowalski &lt;&amp; syn&gt;</b>"


@pytest.mark.parametrize("value", ["{{case_tag}}", "a\r\nBcc: b@c", "a\x00\u2028b", "x" * 5000])
def test_a_value_is_one_bounded_line_and_is_never_looked_at_again(value: str) -> None:
    written = filled("{{case_title}}", Facts(case_title=value, case_tag="never"))
    assert "never" not in written
    assert written.isprintable()
    assert len(written) <= LONGEST_VALUE


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("{{case_numer}}", "Did you mean {{case_number}}?"),
        ("{{numer_sprawy}} {{xyzzy}}", "There are: case_number"),
        ("{{ 'a'*10**9 }}", "There is no field"),
        ("{% for x in y %}", "{% stands alone"),
        ("{{case_number", "{{ stands alone"),
        ("case_number}}", "}} stands alone"),
        ("{{case.number.__class__}}", "There is no field"),
    ],
)
def test_anything_but_a_known_field_is_a_fault(text: str, hint: str) -> None:
    assert any(hint in fault for fault in faults_of(text))


def test_good_texts_have_no_faults() -> None:
    every = " ".join(f"{{{{{name}}}}} {{{{{polish}}}}}" for name, (polish, _) in FIELDS.items())
    assert list(faults_of(f"{every} {{x}} 50% #1")) == []
