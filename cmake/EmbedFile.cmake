# cmake -DINPUT=… -DOUTPUT=… -P EmbedFile.cmake: a file's bytes, as numbers with
# commas for a C array, sixteen a line.
file(READ "${INPUT}" bytes HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
string(REPEAT "." 80 line)
string(REGEX REPLACE "(${line})" "\\1\n" bytes "${bytes}")
file(WRITE "${OUTPUT}" "${bytes}\n")
