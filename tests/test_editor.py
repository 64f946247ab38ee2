"""A real editor's end: yaml-language-server, which VS Code's YAML extension runs, with the schema of edge.yaml."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

import pytest

ROOT = Path(__file__).parent.parent
SERVER = "yaml-language-server"
LINE = "# yaml-language-server: $schema=edge.schema.json\n"


class Editor:
    """Speaks to a language server as an editor does: opens files, and asks at places that count from 0."""

    def __init__(self, folder: Path, to_server: IO[bytes], from_server: IO[bytes]) -> None:
        """Say hello; the folder is that of all files."""
        self._folder = folder
        self._to, self._from = to_server, from_server
        self._count = 0
        capabilities = {
            "workspace": {"configuration": True},
            "textDocument": {"hover": {"contentFormat": ["plaintext"]}},
        }
        self._ask("initialize", {"processId": None, "rootUri": folder.as_uri(), "capabilities": capabilities})
        self._send({"method": "initialized", "params": {}})

    def open(self, name: str, text: str) -> list[str]:
        """Return what is marked in a text, each with its line and column as editors count them."""
        document = {"uri": self._uri(name), "languageId": "yaml", "version": 1, "text": text}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        while True:
            message = self._hear()
            if message.get("method") == "textDocument/publishDiagnostics":
                marked = [(each["range"]["start"], each["message"]) for each in message["params"]["diagnostics"]]
                return sorted(f"{start['line'] + 1}:{start['character'] + 1}: {said}" for start, said in marked)

    def completions(self, name: str, line: int, character: int) -> list[str]:
        """Return what is offered at a place."""
        found = self._ask("textDocument/completion", self._at(name, line, character))
        return [item["label"] for item in found["items"]]

    def explained(self, name: str, line: int, character: int) -> str:
        """Return what is shown for a word."""
        found = self._ask("textDocument/hover", self._at(name, line, character))
        return cast("str", found["contents"]["value"])

    def _at(self, name: str, line: int, character: int) -> dict[str, Any]:
        return {"textDocument": {"uri": self._uri(name)}, "position": {"line": line, "character": character}}

    def _uri(self, name: str) -> str:
        return (self._folder / name).as_uri()

    def _ask(self, method: str, params: dict[str, Any]) -> Any:
        self._count += 1
        self._send({"id": self._count, "method": method, "params": params})
        while True:
            message = self._hear()
            if message.get("id") == self._count and "method" not in message:
                return message["result"]

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._to.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._to.flush()

    def _hear(self) -> dict[str, Any]:
        """Return the next message; what the server asks is answered on the way."""
        length = 0
        while header := self._from.readline().strip():
            name, _, value = header.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        assert length, "the language server has left"
        message: dict[str, Any] = json.loads(self._from.read(length))
        if "id" in message and "method" in message:
            self._send({"id": message["id"], "result": self._settings(message)})
        return message

    @staticmethod
    def _settings(message: dict[str, Any]) -> Any:
        if message["method"] != "workspace/configuration":
            return None
        ours = {"validate": True, "hover": True, "completion": True, "schemaStore": {"enable": False}}
        return [ours if item["section"] == "yaml" else {} for item in message["params"]["items"]]


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[Editor]:
    """Give an editor on a folder with the schema in it."""
    server = shutil.which(SERVER)
    if server is None:
        pytest.skip(f"needs {SERVER} on the PATH: npm install --global {SERVER}")
    shutil.copy(ROOT / "config/edge.schema.json", tmp_path)
    command = ["timeout", "60", server, "--stdio"]  # one that says nothing more ends the test, not the patience
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield Editor(tmp_path, process.stdin, process.stdout)
        process.kill()


def test_the_shipped_file_has_nothing_marked(editor: Editor) -> None:
    """Neither has the demonstration's."""
    for name in ("edge.yaml", "demo.yaml"):
        text = (ROOT / "config" / name).read_text(encoding="utf-8")

        assert editor.open(name, LINE + text) == []


def test_what_is_wrong_is_marked(editor: Editor) -> None:
    """Misspelled options, values out of range, words that are none: at their places, with what was expected."""
    text = """\
mqtt: {prot: 1, port: 0}
routes:
  - name: water tank
    subscribe: [sensors/#/raw]
    publish: readings/tank
    fields: {level: {type: float, minium: 3}}
    retain: yes
"""
    kinds = '"string", "number", "integer", "boolean", "null", "object", "array"'

    assert editor.open("edge.yaml", LINE + text) == [
        "2:23: Value is below the minimum of 1.",
        "2:8: Property prot is not allowed.",
        '4:11: Expected a name of up to 64 ASCII letters, digits, "-" and "_", not starting with "_".',
        '5:17: Expected a filter: "+" stands alone between slashes, "#" alone at the end.',
        f"7:28: Value is not accepted. Valid values: {kinds}.",
        "7:35: Property minium is not allowed.",
        '8:13: Incorrect type. Expected "boolean".',
    ]


def test_options_are_completed_and_explained(editor: Editor) -> None:
    """Those of the place, with what they are for."""
    editor.open("edge.yaml", LINE + "mqtt:\n  keep\nroutes:\n  - name: tank\n    sub\n")
    editor.open("other.yaml", LINE + "mqtt:\n  port: 1\n")

    assert {"host", "keepalive_s", "tls"} <= set(editor.completions("edge.yaml", 2, 6))
    assert {"subscribe", "publish", "tests"} <= set(editor.completions("edge.yaml", 5, 7))
    assert "Its port: 1883, or as a rule 8883 with" in editor.explained("other.yaml", 2, 4)
