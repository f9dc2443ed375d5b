"""Our trees beside other people's: `pymerkle`, `tamperlog`, and Go's `golang.org/x/mod/sumdb` where Go is installed.

The Go program is compiled from the copy of `x/mod` that every Go installation carries, so nothing is fetched.
"""

from __future__ import annotations

import base64
import json
import os
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import tamperlog.merkle as tamperlog  # type: ignore[import-untyped]  # it ships no py.typed
from pymerkle import InmemoryTree
from tests.unit.tlog.memory_log import ORIGIN, MemoryLog, slow_reader

from detente.tlog import merkle, tiles
from detente.tlog.note import KeyKind, sign_note, signer_from_seed

SIZES = [*range(1, 20), 31, 32, 33, 63, 64, 65, 100, 127, 128, 129, 255, 256, 257]


def _entries(size: int) -> list[bytes]:
    draw = random.Random(size)
    return [draw.randbytes(draw.randrange(0, 60)) for _ in range(size)]


@pytest.mark.parametrize("size", SIZES)
def test_roots_and_paths_are_those_of_pymerkle(size: int) -> None:
    entries = _entries(size)
    tree: Any = InmemoryTree(algorithm="sha256")
    for entry in entries:
        tree.append_entry(entry)
    leaves = [merkle.leaf_hash(entry) for entry in entries]
    frontier = merkle.Frontier.EMPTY
    for count, leaf in enumerate(leaves, 1):
        assert tree.get_leaf(count) == leaf
        frontier = frontier.extended([leaf])
        assert tree.get_root(count) == frontier.root()
    for index in {0, size // 3, size - 1}:
        # Its path begins with the leaf itself, and its nodes stand from the leaf's sibling upwards.
        theirs = tree.prove_inclusion(index + 1, size).path
        ours = merkle.inclusion_proof(index, size, slow_reader(leaves))
        assert theirs[0] == leaves[index]
        assert sorted(theirs[1:]) == sorted(ours)
        merkle.verify_inclusion(index=index, size=size, leaf=leaves[index], proof=theirs[1:], root=frontier.root())


@pytest.mark.parametrize("size", SIZES)
def test_proofs_are_those_of_tamperlog_and_each_side_accepts_the_others(size: int) -> None:
    leaves = [merkle.leaf_hash(entry) for entry in _entries(size)]
    read = slow_reader(leaves)
    root = merkle.root_at(size, read)
    assert tamperlog.merkle_root(leaves) == root
    for index in {0, size // 3, size // 2, size - 1}:
        path = list(merkle.inclusion_proof(index, size, read))
        assert path == tamperlog.inclusion_proof(index, leaves)
        tamperlog.verify_inclusion(index, size, leaves[index], path, root)
    for old in {0, 1, size // 3, size // 2, size - 1, size}:
        path = list(merkle.consistency_proof(old, size, read))
        assert path == tamperlog.consistency_proof(old, leaves)
        tamperlog.verify_consistency(old, merkle.root_at(old, read), size, root, path)


@pytest.mark.parametrize("seed", range(40))
def test_both_refuse_and_accept_the_same_touched_proofs(seed: int) -> None:
    draw = random.Random(seed)
    size = draw.randrange(2, 200)
    old = draw.randrange(1, size)
    leaves = [merkle.leaf_hash(entry) for entry in _entries(size)]
    read = slow_reader(leaves)
    old_root, root = merkle.root_at(old, read), merkle.root_at(size, read)
    path = list(merkle.consistency_proof(old, size, read))
    for _ in range(20):
        touched = list(path)
        for _ in range(draw.randrange(0, 3)):
            change = draw.randrange(3)
            at = draw.randrange(len(touched) + 1)
            if change == 0:
                touched.insert(at, draw.choice(leaves))
            elif at < len(touched):
                touched[at : at + 1] = [] if change == 1 else [draw.randbytes(32)]
        assert _refused(
            lambda proof: merkle.verify_consistency(
                old_size=old, old_root=old_root, new_size=size, new_root=root, proof=proof
            ),
            touched,
        ) == _refused(lambda proof: tamperlog.verify_consistency(old, old_root, size, root, proof), touched)


def _refused(verify: Any, proof: list[bytes]) -> bool:
    try:
        verify(proof)
    except Exception:
        return True
    return False


GO_PROGRAM = """
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"oracle/sumdb/note"
	"oracle/sumdb/tlog"
)

type Question struct {
	Entries [][]byte
	Old     []int64
	Vkey    string
	Note    []byte
	Tiles   map[string][]byte
}

type Answer struct {
	Root        []byte
	Inclusion   [][][]byte
	Consistency map[string][][]byte
	Text        string
	TilePaths   []string
}

func main() {
	var q Question
	check(json.NewDecoder(os.Stdin).Decode(&q))
	var a Answer

	// Its own tree, from the entries alone.
	var stored []tlog.Hash
	read := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			out[i] = stored[x]
		}
		return out, nil
	})
	for i, entry := range q.Entries {
		hashes, err := tlog.StoredHashes(int64(i), entry, read)
		check(err)
		stored = append(stored, hashes...)
	}
	size := int64(len(q.Entries))
	root, err := tlog.TreeHash(size, read)
	check(err)
	a.Root = root[:]

	// Its proofs, for us to verify and compare.
	for i := range q.Entries {
		proof, err := tlog.ProveRecord(size, int64(i), read)
		check(err)
		a.Inclusion = append(a.Inclusion, list(proof))
	}
	a.Consistency = map[string][][]byte{}
	for _, old := range q.Old {
		proof, err := tlog.ProveTree(size, old, read)
		check(err)
		a.Consistency[fmt.Sprint(old)] = list(proof)
	}

	// Our tiles, read by it.
	for _, tile := range tlog.NewTiles(8, 0, size) {
		data, err := tlog.ReadTileData(tile, read)
		check(err)
		path := tile.Path()
		a.TilePaths = append(a.TilePaths, path)
		if string(q.Tiles[path]) != string(data) {
			check(fmt.Errorf("tile %s differs", path))
		}
	}

	// Our signed note, opened by it.
	verifier, err := note.NewVerifier(q.Vkey)
	check(err)
	opened, err := note.Open(q.Note, note.VerifierList(verifier))
	check(err)
	a.Text = opened.Text
	check(json.NewEncoder(os.Stdout).Encode(a))
}

func list(hashes []tlog.Hash) [][]byte {
	out := [][]byte{}
	for _, h := range hashes {
		out = append(out, append([]byte(nil), h[:]...))
	}
	return out
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
"""


@pytest.fixture(scope="module")
def go_oracle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    go = shutil.which("go")
    if go is None:
        pytest.skip("Go is not installed; the PyPI oracles above ran")
    asked = subprocess.run([go, "env", "GOROOT", "GOVERSION"], capture_output=True, text=True, check=True)
    goroot, version = asked.stdout.split()
    source = Path(goroot) / "src/cmd/vendor/golang.org/x/mod"
    if not (source / "sumdb/tlog").is_dir():
        pytest.skip("this Go installation carries no copy of x/mod/sumdb")
    folder = tmp_path_factory.mktemp("go")
    for package in ("sumdb/tlog", "sumdb/note"):
        shutil.copytree(source / package, folder / package)
    (folder / "go.mod").write_text(f"module oracle\n\ngo {version.removeprefix('go')}\n")
    (folder / "main.go").write_text(GO_PROGRAM)
    environment = os.environ | {"GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}
    build = subprocess.run(
        [go, "build", "-o", "oracle", "."], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert build.returncode == 0, build.stderr
    return folder / "oracle"


@pytest.mark.parametrize("size", [1, 7, 256, 300, 700])
def test_trees_tiles_proofs_and_notes_are_those_of_go(go_oracle: Path, size: int) -> None:
    entries = _entries(size)
    leaves = [merkle.leaf_hash(entry) for entry in entries]
    log = MemoryLog(leaves=leaves)
    key = signer_from_seed(ORIGIN, KeyKind.ED25519, bytes(range(32)))
    text = log.checkpoint().text
    # Go writes the height of a tile, 8, into its path, where C2SP has none.
    ours = {
        tiles.tile_path(tile).replace("tile/", "tile/8/", 1): base64.b64encode(content).decode()
        for tile, content in tiles.extend(0, {}, leaves)
    }
    olds = sorted({1, size // 3 + 1, size // 2 + 1, size})
    question = {
        "Entries": [base64.b64encode(entry).decode() for entry in entries],
        "Old": olds,
        "Vkey": key.verifier.vkey,
        "Note": base64.b64encode(sign_note(text, [key])).decode(),
        "Tiles": ours,
    }
    done = subprocess.run(
        [str(go_oracle)], input=json.dumps(question), capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    read = slow_reader(leaves)
    assert base64.b64decode(answer["Root"]) == log.checkpoint().root
    assert answer["Text"] == text
    assert set(answer["TilePaths"]) == set(ours)
    for index in range(0, size, 5):
        theirs = tuple(base64.b64decode(node) for node in answer["Inclusion"][index])
        assert theirs == merkle.inclusion_proof(index, size, read)
    for old in olds:
        theirs = tuple(base64.b64decode(node) for node in answer["Consistency"][str(old)])
        assert theirs == merkle.consistency_proof(old, size, read)
