"""The page of a comparison or an experiment: texts are escaped, and nothing is loaded or run."""

import re

from orchestrator.results.page import plain
from orchestrator.results.page.formats import Rows
from tests.orchestrator.results.pages import EVIL


def test_texts_are_escaped_and_pictures_are_inside(tmp_path):
    picture = tmp_path / "a.png"
    picture.write_bytes(b"PNG")
    table = Rows("t", EVIL, (EVIL, "UF1"), [(EVIL, "0.5 [0.4, 0.6]")], EVIL)
    plain.write(tmp_path / "report.html", EVIL, [EVIL], [table], {EVIL: picture}, [EVIL])
    text = (tmp_path / "report.html").read_text()
    assert "<script" not in text and text.count("&lt;script&gt;alert(1)") == 10
    assert not re.findall(r"(?:src|href)=[\"'](?!#|data:)", text) and "data:image/png;base64,UE5H" in text
    assert "0.5 [0.4, 0.6]" in text
