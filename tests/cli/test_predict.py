import csv
import io


def test_csv_on_standard_output_is_alone_there(edgekit_cli, exported, tmp_path):
    pictures = [exported.folder / "golden/00.png", exported.folder / "golden/01.png"]
    (tmp_path / "bad.jpg").write_bytes(b"a text file")
    status, out, err = edgekit_cli("predict", exported.folder, *pictures, tmp_path / "bad.jpg", "--csv", "-")
    header, *rows = csv.reader(io.StringIO(out))
    assert (status, header, [row[0] for row in rows]) == (1, ["image", "class", "score", "probability"], list(map(str, pictures)))
    assert "1 of 3 images have no answer" in err
    assert edgekit_cli("predict", exported.folder, *pictures, "--csv", tmp_path / "a.csv")[0] == 0
    assert (tmp_path / "a.csv").read_bytes().decode() == out


def test_two_that_would_have_standard_output_to_themselves_are_refused(edgekit_cli, exported):
    status, out, err = edgekit_cli("predict", exported.folder, exported.folder / "golden/00.png", "--csv", "-", "--json")
    assert (status, out) == (2, "")
    assert "--csv - and --json" in err
