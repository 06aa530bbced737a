"""hub.resolve: handles become folders, once and whole."""

from __future__ import annotations

import errno
import gzip
import hashlib
import http.server
import io
import os
import socket
import subprocess
import sys
import tarfile
import threading
import time
from pathlib import Path

import pytest

from caudal import errors, hub, keras
from caudal.hub import cache

HERE = Path(__file__).parent
MODULE = (HERE / "several.tar.gz").read_bytes()


class Handler(http.server.BaseHTTPRequestHandler):
    """Sends what the server's ``answers`` say of a path: bytes, or a status and a text."""

    def do_GET(self):
        self.server.asked.append(self.path)
        answer = self.server.answers.get(self.path.partition("?")[0])
        if callable(answer):
            answer = answer(self.path)
        if isinstance(answer, str):
            self.send_response(302)
            self.send_header("Location", answer)
            self.end_headers()
            return
        code, body = answer if isinstance(answer, tuple) else (200 if answer else 404, answer)
        self.send_response(code)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.answers, made.asked = {}, []
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    made.url = f"http://127.0.0.1:{made.server_address[1]}"
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def cache_dir(tmp_path, monkeypatch):
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("TFHUB_MODEL_LOAD_FORMAT", raising=False)
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys.modules["caudal.keras.utils.get_file"], "_PAUSES", (0.0, 0.0))
    return tmp_path / "cache"


def packed(*entries):
    """A tar of (name, content or [type of what is no file])."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in entries:
            info = tarfile.TarInfo(name)
            if isinstance(content, bytes):
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
            else:
                (info.type,), info.linkname = content, "/etc/passwd"
                tar.addfile(info)
    return buffer.getvalue()


def nothing_but(cache_dir, *names):
    return sorted(path.name for path in cache_dir.iterdir()) == sorted(names)


# --- what works -------------------------------------------------------------------------------


def test_a_folder_is_itself(tmp_path):
    assert hub.resolve(str(tmp_path)) == str(tmp_path)
    assert hub.resolve(f"file://{tmp_path}") == str(tmp_path)


def test_a_url_is_fetched_once_and_kept_under_its_sha1(server, cache_dir):
    server.answers["/google/several/1"] = MODULE
    handle = f"{server.url}/google/several/1"
    folder = hub.resolve(handle)
    name = hashlib.sha1(handle.encode()).hexdigest()
    assert folder == str(cache_dir / name)
    assert sorted(os.listdir(folder)) == ["assets", "saved_model.pb", "variables"]
    assert nothing_but(cache_dir, name, f"{name}.descriptor.txt")
    text = (cache_dir / f"{name}.descriptor.txt").read_text()
    assert text.startswith(f"Module: {handle}\nDownload Time: ")
    assert hub.resolve(handle) == folder
    assert server.asked == ["/google/several/1?tf-hub-format=compressed"]


def test_the_query_of_a_url_stays(server):
    server.answers["/m"] = MODULE
    hub.resolve(f"{server.url}/m?version=3")
    assert server.asked == ["/m?version=3&tf-hub-format=compressed"]


def test_a_redirect_is_followed(server):
    """As tfhub.dev leads to Kaggle, and Kaggle to a store."""
    server.answers["/old"] = f"{server.url}/new?tf-hub-format=compressed&tfhub-redirect=true"
    server.answers["/new"] = MODULE
    assert hub.load(f"{server.url}/old").scale.numpy() == 2.0


def test_the_default_cache_is_in_the_temporary_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("TFHUB_CACHE_DIR")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert cache.folder_of("x").parent == tmp_path / "tfhub_modules"


def test_what_tensorflow_hub_has_cached_is_taken(cache_dir):
    handle = "https://tfhub.dev/google/anything/1"
    folder = cache_dir / hashlib.sha1(handle.encode()).hexdigest()
    folder.mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"")
    assert hub.resolve(handle) == str(folder)


@pytest.mark.parametrize("name", ["m.tar.gz", "m.tgz", "m.tar"])
def test_a_tar_on_this_machine(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(MODULE)
    folder = hub.resolve(str(path))
    assert os.path.isfile(f"{folder}/saved_model.pb")
    assert hub.resolve(str(path)) == folder
    path.write_bytes(packed(("saved_model.pb", b"another")))
    assert Path(hub.resolve(str(path)), "saved_model.pb").read_bytes() == b"another"


def test_uncompressed_is_said_to_be_compressed(server, monkeypatch):
    server.answers["/m"] = MODULE
    monkeypatch.setenv("TFHUB_MODEL_LOAD_FORMAT", "UNCOMPRESSED")
    with pytest.warns(errors.CaudalWarning, match="downloaded as one tar"):
        hub.resolve(f"{server.url}/m")
    monkeypatch.setenv("TFHUB_MODEL_LOAD_FORMAT", "zip")
    with pytest.raises(errors.InvalidArgumentError, match="expected one of"):
        hub.resolve(f"{server.url}/m")


def test_a_module_that_came_meanwhile_stays(server, cache_dir):
    folder = cache.folder_of(f"{server.url}/m")

    def overtaken(path):
        folder.mkdir()
        (folder / "theirs").write_text("whole")
        return MODULE

    server.answers["/m"] = overtaken
    assert hub.resolve(f"{server.url}/m") == str(folder)
    assert os.listdir(folder) == ["theirs"]
    assert not list(cache_dir.glob("*.lock")) and not list(cache_dir.glob("*.tmp"))


def test_a_busy_server_is_asked_again(server):
    answers = [(503, b"busy"), (503, b"busy"), (200, MODULE)]
    server.answers["/m"] = lambda path: answers.pop(0)
    assert os.path.isdir(hub.resolve(f"{server.url}/m"))
    assert len(server.asked) == 3


def test_several_threads_fetch_once(server, cache_dir):
    def slow(path):
        time.sleep(0.2)
        return MODULE

    server.answers["/m"] = slow
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(hub.resolve(f"{server.url}/m")))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1 and len(found) == 4
    assert len(server.asked) == 1


def test_several_processes_fetch_once(server, cache_dir):
    def slow(path):
        time.sleep(1.0)
        return MODULE

    server.answers["/m"] = slow
    code = f"from caudal.hub.resolver import resolve; print(resolve('{server.url}/m'))"
    command = [sys.executable, "-c", code]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    found = {process.communicate(timeout=120)[0].splitlines()[-1] for process in processes}
    assert found == {str(cache.folder_of(f"{server.url}/m"))}
    assert all(process.returncode == 0 for process in processes)
    assert not list(cache_dir.glob("*.lock")) and not list(cache_dir.glob("*.tmp"))


def test_the_lock_of_a_process_that_is_gone_is_taken_over(server, cache_dir):
    server.answers["/m"] = MODULE
    handle = f"{server.url}/m"
    folder = cache.folder_of(handle)
    cache_dir.mkdir()
    lock = Path(f"{folder}.lock")
    lock.write_text(f"{socket.gethostname()}.{2**22 + 7}.abc")
    assert hub.resolve(handle) == str(folder)
    assert not lock.exists()


def test_an_old_lock_of_another_machine_is_taken_over(server, cache_dir):
    server.answers["/m"] = MODULE
    folder = cache.folder_of(f"{server.url}/m")
    cache_dir.mkdir()
    lock = Path(f"{folder}.lock")
    lock.write_text("elsewhere.1.abc")
    os.utime(lock, (1, 1))
    assert hub.resolve(f"{server.url}/m") == str(folder)


# --- what does not ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("handle", "kind", "text"),
    [
        (7, ValueError, "Expected a string, got 7"),
        (Path("/tmp"), ValueError, "Expected a string"),
        ("/nowhere/at/all", OSError, "does not exist"),
        ("gs://bucket/folder", NotImplementedError, "gsutil cp"),
        ("http:///path", ValueError, "names no host"),
    ],
)
def test_wrong_handles(handle, kind, text):
    with pytest.raises(kind, match=text) as caught:
        hub.resolve(handle)
    assert isinstance(caught.value, errors.CaudalError)


def test_no_such_page(server, cache_dir):
    with pytest.raises(errors.UnavailableError, match=r"Not Found.*give a local folder"):
        hub.resolve(f"{server.url}/missing")
    assert nothing_but(cache_dir) and len(server.asked) == 1


def test_no_network(cache_dir):
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    handle = f"http://127.0.0.1:{port}/m"
    with pytest.raises(errors.UnavailableError) as caught:
        hub.resolve(handle)
    assert str(cache.folder_of(handle)) in str(caught.value)
    assert "fetched on another machine" in str(caught.value)
    assert nothing_but(cache_dir)


def test_a_page_instead_of_a_tar(server, cache_dir):
    server.answers["/m"] = b"<html><body>Sign in</body></html>"
    with pytest.raises(errors.DataLossError, match=r"valid module.*sent a page.*<html>"):
        hub.resolve(f"{server.url}/m")
    assert nothing_but(cache_dir)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (MODULE[:2000], "valid module"),
        (b"", "valid module"),
        (MODULE[:900] + b"\x00" * 900 + MODULE[1800:], "valid module"),
        (packed(("../evil.txt", b"x")), "outside"),
        (packed(("/evil/../../../x", b"x")), "outside"),
        (packed(("link", [tarfile.SYMTYPE])), "neither a file nor a folder"),
        (packed(("link", [tarfile.LNKTYPE])), "neither a file nor a folder"),
        (packed(("device", [tarfile.CHRTYPE])), "neither a file nor a folder"),
        (packed(("pipe", [tarfile.FIFOTYPE])), "neither a file nor a folder"),
    ],
    ids="cut empty zeros parent root symlink link device pipe".split(),
)
def test_bad_tars_leave_nothing(tmp_path, cache_dir, body, text):
    path = tmp_path / "bad.tar.gz"
    path.write_bytes(body)
    with pytest.raises(errors.DataLossError, match=text):
        hub.resolve(str(path))
    assert nothing_but(cache_dir)
    assert sorted(found.name for found in tmp_path.iterdir()) == ["bad.tar.gz", "cache"]


@pytest.mark.parametrize("kind", [b"L", b"K", b"x", b"g"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_name_of_eight_gigabytes(tmp_path, cache_dir, kind, pack):
    """tarfile itself asks for the memory."""
    info = tarfile.TarInfo("name")
    info.size, info.type = 8**11 - 1, kind
    path = tmp_path / "bad.tar.gz"
    path.write_bytes(pack(info.tobuf() + bytes(1024)))
    with pytest.raises(errors.DataLossError):
        hub.resolve(str(path))
    with pytest.raises(errors.DataLossError):
        keras.utils.get_file("bad", path.as_uri(), untar=True, cache_dir=tmp_path)
    assert nothing_but(cache_dir)


def test_a_tar_that_fills_the_disk(tmp_path, cache_dir, monkeypatch):
    monkeypatch.setattr(cache, "_SMALL", 1 << 16)
    path = tmp_path / "bomb.tar.gz"
    path.write_bytes(packed(("zeros", bytes(1 << 22))))
    with pytest.raises(errors.ResourceExhaustedError, match="more than"):
        hub.resolve(str(path))
    assert nothing_but(cache_dir)


def test_a_transfer_that_breaks_off(server, cache_dir):
    class Short(Handler):
        def do_GET(self):
            self.server.asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(MODULE)))
            self.end_headers()
            self.wfile.write(MODULE[:1000])

    server.RequestHandlerClass = Short
    with pytest.raises(errors.UnavailableError, match="only 1000 of"):
        hub.resolve(f"{server.url}/m")
    assert len(server.asked) == 3 and nothing_but(cache_dir)


def test_a_cache_that_cannot_be_made(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "file" / "cache"))
    with pytest.raises(OSError, match="Set TFHUB_CACHE_DIR"):
        hub.resolve(str(HERE / "several.tar.gz"))


def test_a_cache_that_cannot_be_written_to(cache_dir, monkeypatch):
    def refused(lock, mine):
        raise PermissionError(errno.EACCES, "Permission denied", str(lock))

    monkeypatch.setattr(cache, "_taken", refused)
    with pytest.raises(OSError, match=r"Permission denied\. Set TFHUB_CACHE_DIR") as caught:
        hub.resolve(str(HERE / "several.tar.gz"))
    assert isinstance(caught.value, errors.CaudalError)


def test_a_damaged_file_is_called_by_its_path(cache_dir, tmp_path):
    path = tmp_path / "module.tar.gz"
    path.write_bytes(b"no tar" * 100)
    with pytest.raises(errors.DataLossError) as caught:
        hub.resolve(str(path))
    assert str(caught.value).startswith(f"{path} does not appear to be a valid module")
    assert nothing_but(cache_dir)


def test_a_file_of_keras_is_named_as_such(tmp_path):
    path = tmp_path / "model.h5"
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save(path)
    with pytest.raises(ValueError, match=r"no tar.*keras.models.load_model"):
        hub.load(str(path))


def test_a_tar_of_something_else_is_called_by_its_handle(cache_dir, tmp_path):
    path = tmp_path / "other.tar.gz"
    (tmp_path / "readme.txt").write_text("hello")
    with tarfile.open(path, "w:gz") as tar:
        tar.add(tmp_path / "readme.txt", "readme.txt")
    with pytest.raises(
        ValueError, match=r"the place of .*other.tar.gz, contains neither"
    ) as caught:
        hub.load(str(path))
    assert "['readme.txt']" in str(caught.value)
