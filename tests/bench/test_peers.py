"""How the peers are built, started and asked."""

from importlib.metadata import version
from pathlib import Path

from edge.schema import schema
from edge_bench import llama_server, schemas, server_build, workload


def test_the_server_shares_one_cache_between_its_slots() -> None:
    """Context, threads and slots as our engine has them, nothing from outside the machine."""
    words = " ".join(llama_server.arguments("m.gguf", 8080, threads=2, slots=16))

    assert "--ctx-size 4096 --parallel 16 --kv-unified --cache-prompt" in words
    assert "--host 127.0.0.1 --port 8080 --no-ui --offline" in words
    assert "--threads 2 --threads-batch 2" in words


def test_the_server_is_built_as_the_wheel_is() -> None:
    """In Release, and without assets that would be fetched."""
    configure, build = server_build.commands(Path("sources"), Path("build"), jobs=2)

    assert {"-DCMAKE_BUILD_TYPE=Release", "-DLLAMA_USE_PREBUILT_UI=OFF"} <= set(configure)
    assert build[-4:] == ["--target", "llama-server", "--parallel", "2"]


def test_a_server_that_is_there_is_not_built_again(tmp_path: Path) -> None:
    """One build for each version of the library."""
    program = tmp_path / f"llama-cpp-python-{version('llama-cpp-python')}" / "build" / "bin" / "llama-server"
    program.parent.mkdir(parents=True)
    program.touch()

    assert server_build.built(tmp_path) == program


def test_peers_get_the_schemas_of_the_routes_without_our_keywords() -> None:
    """Required, enum and bounds stay; unit goes."""
    for message in workload.load():
        standard = schemas.standard(message.schema)

        assert standard["required"] == message.schema["required"]
        assert '"unit"' not in str(standard).replace("'", '"')
        assert schema.parse(standard).root.kinds == schema.parse(message.schema).root.kinds
