"""Text from outside is shown as text, in every medium."""

import json

import pytest

from edgekit.text.markup import in_code, in_json, in_markdown, in_spreadsheet, in_terminal, shown_in_json, visible, without_tags

HOSTILE = "a\x1b[31m\u202eb\nc\x9b\ud800"


def test_what_would_be_obeyed_is_shown():
    assert visible(HOSTILE) == r"a\x1b[31m\u202eb\nc\x9b\ud800"
    assert visible("قطة, 猫, 👨‍👩‍👧, é") == "قطة, 猫, 👨‍👩‍👧, é"


def test_a_long_text_keeps_its_ends():
    assert in_terminal("x" * 100, most=100) == "x" * 100
    shown = in_terminal("a" + "x" * 10_000 + "z", most=100)
    assert (shown[0], shown[-1], " … " in shown, len(shown) <= 100) == ("a", "z", True, True)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<img src=x onerror=y>", "&lt;img src=x onerror=y>"),
        ("> a", r"\> a"),
        ("![a](b)", r"!\[a\](b)"),
        ("# a", r"\# a"),
        ("12. a", r"12\. a"),
        ("- a", r"\- a"),
        ("$a$ `b` *c* _d_ ~e~ | &amp;", r"\$a\$ \`b\` \*c\* \_d\_ \~e\~ \| \&amp;"),
        ("a\n\n# b", "a # b"),
        ("a\x1b\u202e", r"a\\x1b\\u202e"),
        ("97.3 % (1.5–2) C# -1", "97.3 % (1.5–2) C# -1"),
    ],
)
def test_markdown(text, shown):
    assert in_markdown(text) == shown


def test_prose_of_a_record_keeps_its_emphasis_and_loses_its_tags():
    assert without_tags("A `b` *c*\n<img src=x> ![i](http://x)") == r"A `b` *c* &lt;img src=x> !\[i](http://x)"


def test_code_stays_within_its_backticks():
    assert in_code("a`b\nc\x1b") == r"a'b c\x1b"


def test_json_has_the_same_value_and_nothing_unseen():
    text = in_json(json.dumps({"a": HOSTILE}, ensure_ascii=False, indent=2))
    assert json.loads(text) == {"a": HOSTILE}
    assert visible(text.replace("\n", "")) == text.replace("\n", "")


def test_the_pages_json_holds_what_is_to_be_read():
    assert json.loads(shown_in_json('"a\u202eb"')) == r"a\u202eb"


@pytest.mark.parametrize(
    ("value", "cell"), [("=1+1", "'=1+1"), ("@x", "'@x"), ("-1.jpg", "'-1.jpg"), ("a=1", "a=1"), (-1.5, -1.5), (None, None), ("a\nb", r"a\nb")]
)
def test_a_spreadsheet_takes_no_text_for_a_formula(value, cell):
    assert in_spreadsheet(value) == cell
