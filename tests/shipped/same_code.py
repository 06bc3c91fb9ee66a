"""same_code.py OBJECT FOLDER: of each object in the disk cache FOLDER, every function is in
OBJECT, byte for byte: what runs in process is what is shipped."""

import pathlib
import struct
import sys


def functions(elf):
    """The code of each function of an ELF64 object: it has a section of its own."""
    at, = struct.unpack_from("<Q", elf, 40)
    count, names = struct.unpack_from("<HH", elf, 60)
    headers = [struct.unpack_from("<IIQQQQ", elf, at + 64 * i) for i in range(count)]
    strings = headers[names][4]
    code = {}
    for name, _, flags, _, offset, size in headers:
        end = elf.index(b"\0", strings + name)
        if flags & 4 and size:  # SHF_EXECINSTR
            code[elf[strings + name:end].decode()] = elf[offset:offset + size]
    return code


shipped = functions(pathlib.Path(sys.argv[1]).read_bytes())
compared = 0
for path in pathlib.Path(sys.argv[2]).rglob("*"):
    data = path.read_bytes() if path.is_file() else b""
    begin = data.find(b"\x7fELF")
    if begin < 0:
        continue
    for name, code in functions(data[begin:]).items():
        assert shipped.get(name) == code, f"{name} is not the same"
        compared += 1
assert compared > 10, compared
print(compared, "functions are the same")
