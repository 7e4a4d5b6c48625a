from edgekit.spec.left_out import LeftOut, some_of


def test_one_and_several_as_a_sentence():
    assert (
        str(LeftOut(count=1, what="HEIC photograph", hint="pip install edgekit[heif]")) == "1 HEIC photograph is not read: pip install edgekit[heif]"
    )
    assert str(LeftOut(count=3, what="folder", where="in a", hint="they are empty")) == "3 folders in a are not read: they are empty"


def test_the_first_names_and_a_sign_that_there_are_more():
    assert [some_of(["a", "b", "c", "d"][:count]) for count in range(5)] == ["", "a", "a, b", "a, b, c", "a, b, c, …"]
    assert some_of(["a", "b"], 1) == "a, …"
