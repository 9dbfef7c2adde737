"""The page's answers, from the command as a process: what it lets in, tells, and leaves behind."""

import http.client
import json
import signal
import socket
import time

import pytest
from typer.testing import CliRunner

from orchestrator.serve import app
from tests.orchestrator.serving.conftest import IN_BACKGROUND, MIB, SECONDS, running


def ask(server, method, path, body=None, **headers):
    """(status, headers, bytes)."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    made = answer.status, answer.headers, answer.read()
    connection.close()
    return made


def send(server, file, kind="spot", name=None, **more):
    status, _, data = ask(
        server, "POST", f"/jobs?kind={kind}&name={name or file.name}", file.read_bytes(), **more
    )
    return (status, json.loads(data)["id"]) if status == 201 else (status, data.decode())


def ended(server, number):
    for _ in range(2400):
        told = json.loads(ask(server, "GET", f"/jobs/{number}")[2])
        if told["state"] in ("done", "failed"):
            return told
        time.sleep(0.1)
    raise AssertionError(told)


@pytest.mark.long
def test_a_video_is_looked_at_and_only_its_results_stay_until_they_are_deleted(server, material):
    status, number = send(server, material / "face.avi", name="my%20face.avi")
    assert status == 201
    assert ended(server, number)["state"] == "done"
    assert server.files() == [f"{server.files()[0].split('/')[0]}/{number}/annotated.webm"]
    status, headers, data = ask(server, "GET", f"/jobs/{number}/result.json")
    made = json.loads(data)
    assert status == 200 and headers["content-disposition"] == 'attachment; filename="my_face.json"'
    assert made["video"] == "my face.avi" and made["frames"] == 150 and len(made["intervals"]) == 3
    assert str(server.folder) not in data.decode()
    for number_of, one in enumerate(made["intervals"]):
        assert one["reason"] or sum(one["probabilities"].values()) == pytest.approx(1, abs=1e-5)
        why = ask(server, "GET", f"/jobs/{number}/{number_of}-why.png")
        assert why[2].startswith(b"\x89PNG") == (not one["reason"]) == ("why" in one)
    status, headers, data = ask(server, "GET", f"/jobs/{number}/annotated.webm", Range="bytes=0-3")
    assert (status, headers["content-type"], data) == (206, "video/webm", b"\x1aE\xdf\xa3")
    assert ask(server, "GET", f"/jobs/{number}/2-apex.jpg")[2].startswith(b"\xff\xd8\xff")
    assert b"<svg" in ask(server, "GET", f"/jobs/{number}/timeline")[2]
    for path in ("video.avi", "..%2f..%2fetc%2fpasswd", "9-apex.jpg"):
        assert ask(server, "GET", f"/jobs/{number}/{path}")[0] == 404, path
    assert ask(server, "DELETE", f"/jobs/{number}")[0] == 204
    assert server.files() == [] and ask(server, "GET", f"/jobs/{number}")[0] == 404


@pytest.mark.parametrize(
    ("file", "kind", "says"),
    [
        ("grey.avi", "spot", "grey.avi: no face to follow in any of 20 frames"),
        ("long.avi", "spot", f"longer than {SECONDS} s"),
        ("torn.avi", "clip", "cut short"),
        ("text.mp4", "spot", "cannot be opened as a video"),
    ],
)
def test_a_bad_video_is_told_and_deleted(file, kind, says, server, material):
    (material / "torn.avi").write_bytes((material / "clip.avi").read_bytes()[:9000])
    (material / "text.mp4").write_bytes(b"not a video at all" * 50)
    status, number = send(server, material / file, kind)
    told = ended(server, number)
    assert status == 201 and told["state"] == "failed" and says in told["error"], told
    assert str(server.folder) not in told["error"] and server.files() == []


def test_a_clip_is_named_or_abstained_from(server, material):
    _, number = send(server, material / "clip.avi", "clip")
    assert ended(server, number)["state"] == "done"
    (one,) = json.loads(ask(server, "GET", f"/jobs/{number}/result.json")[2])["intervals"]
    assert (one["onset"], one["apex"], one["offset"]) == (0, 6, 13)
    assert (one["status"] == "ok") == bool(one["probabilities"])
    assert ask(server, "DELETE", f"/jobs/{number}")[0] == 204
    _, number = send(server, material / "grey.avi", "clip")
    assert ended(server, number)["state"] == "done"
    (one,) = json.loads(ask(server, "GET", f"/jobs/{number}/result.json")[2])["intervals"]
    assert one["status"] == "abstains" and "no face" in one["reason"] and one["class"] is None
    assert ask(server, "DELETE", f"/jobs/{number}")[0] == 204


def test_what_is_refused_leaves_nothing(server, material):
    large = b"\0" * (MIB * (1 << 20) + 1)
    for path, body, status in (
        ("/jobs?kind=spot&name=a.avi", large, 413),
        (
            "/jobs?kind=spot&name=a.avi",
            iter([large[: 1 << 20]] * (MIB + 1)),
            413,
        ),  # in chunks, no length stated
        ("/jobs?kind=spot&name=a.avi", b"", 400),
        ("/jobs?kind=spot&name=a.exe", b"x", 415),
        ("/jobs?kind=spot&name=", b"x", 415),
        ("/jobs?kind=other&name=a.avi", b"x", 400),
        ("/jobs?kind=spot&name=a.avi&fps=many", b"x", 400),
    ):
        got, _, said = ask(server, "POST", path, body)
        assert got == status, (path, got, said)
    # by its stated length: no byte of it has to come
    told = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    told.putrequest("POST", "/jobs?kind=spot&name=a.avi")
    told.putheader("Content-Length", str(len(large)))
    told.endheaders()
    assert told.getresponse().status == 413
    told.close()
    half = socket.create_connection(("127.0.0.1", server.port))  # a sender that goes away
    half.sendall(
        b"POST /jobs?kind=spot&name=a.avi HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999\r\n\r\nabc"
    )
    for _ in range(100):
        if server.files():
            break
        time.sleep(0.05)
    half.close()
    for _ in range(100):
        if not server.files():
            break
        time.sleep(0.05)
    assert server.files() == []


def test_other_pages_and_other_names_are_refused_and_all_answers_are_closed(server, material):
    for headers in ({"Host": "evil.example"}, {"Origin": "https://evil.example"}):
        assert send(server, material / "grey.avi", **headers)[0] == 403
    assert ask(server, "GET", "/", Host="evil.example")[0] == 403
    for path in ("/", "/page.js", "/page.css", "/about", "/nothing", "/../serve.py", "/jobs/x"):
        _, headers, _ = ask(server, "GET", path, Origin="https://evil.example")
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert "access-control-allow-origin" not in headers and headers["cache-control"] == "no-store"
    about = json.loads(ask(server, "GET", "/about")[2])
    assert about["model"] == "ststnet" and "<h1>" in about["card"] and about["megabytes"] == MIB


@pytest.mark.parametrize(("how", "before"), [(signal.SIGINT, IN_BACKGROUND), (signal.SIGTERM, ())])
def test_its_end_leaves_nothing_also_in_the_background_of_a_script(how, before, material, tmp_path):
    with running(material / "b", tmp_path, before=before) as server:
        assert send(server, material / "face.avi")[0] == 201
        server.process.send_signal(how)
        assert server.process.wait(60) == 130
        assert list(tmp_path.iterdir()) == []
        assert "is deleted" in server.process.stdout.read()


def test_bad_input_is_one_line_and_status_2(material, server, tmp_path):
    for words, says in (
        ([str(tmp_path / "none")], "none"),
        ([str(material / "b"), "--port", str(server.port)], "give another port"),
        ([str(material / "b"), "--host", "no.such.host.invalid"], "nothing can listen there"),
    ):
        done = CliRunner().invoke(app, [*words, "--workspace", str(tmp_path)])
        assert done.exit_code == 2 and says in done.output.replace("\n", " "), done.output
