"""Checks that every message that agc can give has a test that provokes it.

messages.py ROOT: collects the texts that the sources give to what reports an
error, and prints, with its place, each of which no test has a telling piece:
whole words, half of its longest literal or twenty letters of it. Exits 1 if
there is one.
"""

import pathlib
import re
import sys
import tempfile

SOURCES = ("frontend", "ir", "passes", "codegen", "runtime", "tools")

# What takes a message: throws it, prints it, or hands it on to what does.
CALL = re.compile(
    r"\b(?:fail\w*|Error|UsageError|emitOpError|emitError|createStringError|wrong"
    r"|refuse\w*|damaged|talkError|expect\w*|verify\w*|check(?!Features)\w*"
    r"|AGC_CHECK|TORCH_CHECK)\s*\(|\bCompilerError::Kind::\w+,")

# Messages that no test can provoke, by a piece of each, and why.
UNREACHABLE = {
    # Two parts of one agc disagree: exit code 70, or AGC0204 from the library.
    "the compiler gave back a module that cannot be read": "agc's own bytes",
    "the compiler wrote a program that does not parse": "agc's own bytes",
    "the compiler's outline does not parse": "agc's own bytes",
    "the trace is not a program": "agc's own bytes",
    "the object that was just compiled does not load": "agc's own object",
    "a value has no definition": "a checked program has one for each",
    "what every step has does not link": "agc's own code",
    "the versions of a step do not link": "agc's own code",
    "kernels do not link": "agc's own code",
    "is tied to others": "agc's own objects",
    "a step cannot be shipped for": "a host that agc has no C for",
    "translation to LLVM IR failed": "every op is lowered",
    "the target cannot emit this kind of file": "LLVM can for those that agc offers",
    "lowering to LLVM failed": "every op is lowered",
    "compilation failed": "said where no diagnostic says more",
    "differentiation failed": "said where no diagnostic says more",
    "batching failed": "said where no diagnostic says more",
    "writing failed": "said where no diagnostic says more",
    "is no part of a list of calls": "the passes before make nothing else",
    "internal error": "what no one has thought of",
    # The machine.
    "cannot read /proc/self/status": "a system without /proc",
    "the measuring process failed": "someone must kill the child",
    "start /proc/self/exe": "no process can be made",
    "has more outputs than can be called here": "two thousand outputs",
    "a graph of more than 2 GiB cannot be": "more than a test may use",
    "a program of more than 2 GiB cannot be written": "more than a test may use",
}

# Shorter ones are no text of their own: " of ". Nor is a name that another
# text has in it: "weight_ih".
SHORTEST = 6
LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)\'|//[^\n]*|/\*.*?\*/',
                     re.DOTALL)


def without_comments(text):
    """The text with spaces for comments and #include: places stay."""
    def blank(match):
        found = match.group()
        return found if found[0] in "\"'" else re.sub(r"[^\n]", " ", found)
    text = COMMENT.sub(blank, text)
    return re.sub(r"^#\s*include[^\n]*", lambda m: " " * len(m.group()), text,
                  flags=re.MULTILINE)


def end_of_statement(text, start):
    """Where the statement, or the argument, ends that holds \\p start."""
    depth, i = 0, start
    while i < len(text):
        literal = LITERAL.match(text, i)
        if literal:
            i = literal.end()
            continue
        if text[i] in "([{":
            if text[i] == "{" and depth == 0:
                return i  # a body follows: this is a definition, or a condition
            depth += 1
        elif text[i] in ")]}":
            depth -= 1
        if depth < 0 or (text[i] == ";" and depth == 0):
            return i
        i += 1
    return i


def words_of(text):
    return " ".join(text.split())


def literals_of(statement):
    """The texts of a statement, from the longest to the shortest."""
    literals = []
    for literal in LITERAL.findall(re.sub(r'(?<!\\)"\s*"', "", statement)):
        literal = re.sub(r"\\(.)", lambda m: " " if m.group(1) == "n" else m.group(1), literal)
        if re.fullmatch(r"AGC\d+", literal):
            continue
        # What std::format puts in is not to be known here.
        for part in re.split(r"\{[^{}]*\}", literal):
            part = words_of(part).strip(" ',;:()[]")
            if len(part) >= SHORTEST and not re.fullmatch(r"\w+", part):
                literals.append(part)
    return sorted(literals, key=len, reverse=True)


def messages_of(source):
    """Each message of a source: its line, and its literals."""
    text = without_comments(source)
    seen = set()
    for call in CALL.finditer(text):
        literals = literals_of(text[call.start():end_of_statement(text, call.start())])
        if literals and literals[0] not in seen:
            seen.add(literals[0])
            yield text.count("\n", 0, call.start()) + 1, literals


def pieces_of(text):
    """Every telling piece of \\p text."""
    words = text.split(" ")
    enough = min(20, (len(text) + 1) // 2)
    for length in range(len(words), 0, -1):
        for first in range(len(words) - length + 1):
            piece = " ".join(words[first:first + length])
            if len(piece) >= enough:
                yield piece


def tests_of(root):
    """All that tests say, as the messages would read."""
    texts = []
    for path in sorted((root / "tests").rglob("*")):
        if path.suffix in (".cpp", ".h", ".mlir", ".test", ".py", ".sh") \
                and "lint" not in path.parts:
            text = re.sub(r'(?<!\\)"\s*\n\s*"', "", path.read_text())
            texts.append(words_of(text.replace('\\"', '"')))
    return "\n".join(texts)


def check(root):
    tests, faults, used, count = tests_of(root), [], set(), 0
    for path in sorted(path for top in SOURCES for path in (root / top).rglob("*")):
        if path.suffix not in (".cpp", ".h"):
            continue
        name = path.relative_to(root).as_posix()
        for line, literals in messages_of(path.read_text()):
            count += 1
            listed = [part for part in UNREACHABLE if any(part in l for l in literals)]
            used.update(listed)
            if not listed and not any(p in tests for p in pieces_of(literals[0])):
                faults.append(f"{name}:{line}: no test has '{literals[0]}'")
    return faults, used, count


def self_test():
    """The check itself can fail: a tree with good messages and bad ones."""
    files = {
        "frontend/a.cpp": '''
            #include "frontend/core/Recorder.h"
            // fail("AGC0100", "a comment is not a message");
            void f(int n) {
              if (n)
                fail("AGC0104", "expects no more than " + text(n) + " of them");
              fail("AGC0104", "expects a size that " // here
                              "was never tested");
              throw Error("AGC0105", std::format("got {} where {:g} is the largest", n, 1.0));
              return emitOpError() << "C1: " << n << " entries, but no list";
              fail("AGC0299", "lowering to LLVM failed");
              fail("AGC0104", text);
            }''',
        "tests/frontend/aTest.cpp": 'expect("expects no more than 3 of them");',
        "tests/ir/invalid.mlir": "// expected-error {{C1: 3 entries, but no list}}",
        "tests/lint/x.py": "expects a size that was never tested",
    }
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text + "\n")
        faults, used, count = check(root)
    assert faults == [
        "frontend/a.cpp:7: no test has 'expects a size that was never tested'",
        "frontend/a.cpp:9: no test has 'is the largest'",
    ], faults
    assert used == {"lowering to LLVM failed"} and count == 5, (used, count)


if sys.argv[1:] == ["--self-test"]:
    self_test()
else:
    problems, needed, total = check(pathlib.Path(sys.argv[1]))
    problems += [f"'{part}' is no message any more: take it off the list"
                 for part in UNREACHABLE if part not in needed]
    if total < 100:
        problems.append("few messages found: has what reports errors a new name?")
    print("\n".join(problems) or f"{total} messages, each with a test")
    sys.exit(1 if problems else 0)
