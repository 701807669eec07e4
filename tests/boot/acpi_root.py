"""A machine's whole ACPI, from the RSDP on, byte for byte as a test wants it.

-acpitable corrects length and checksum of what it is given, and leaves QEMU's own tables beside it.
On a machine with `-machine acpi=off` QEMU makes no tables, and SeaBIOS takes those that it finds in
fw_cfg instead. They come as two files and a script:

    etc/acpi/tables     MADT | SRAT | ... | RSDT | XSDT    pointers in it are offsets into it
    etc/acpi/rsdp       RSDP
    etc/table-loader    "load tables high; load rsdp into the BIOS segment; add the address of
                         tables to the four bytes at offset 420 of tables; make 60 bytes add up to
                         0; ..."

Nothing but the pointers and sums that the script names is changed on the way. Only the RSDP must be
sound: SeaBIOS checks it, and makes tables of its own if its sums are wrong.

    fw_cfg(rsdt=[madt([...]), srat([...], checksum=0x42)])
    fw_cfg(xsdt=[madt([...]), SELF, 0, 1 << 60], rsdt=Root([...], sum_ok=False))

Source: QEMU 7.2, hw/acpi/bios-linker-loader.c, "BiosLinkerLoaderEntry".
"""

import struct
from dataclasses import dataclass

from acpi_build import rsdp as build_rsdp
from acpi_build import table

TABLES, RSDP, SCRIPT = "etc/acpi/tables", "etc/acpi/rsdp", "etc/table-loader"
ALLOCATE, ADD_POINTER, ADD_CHECKSUM = 1, 2, 3
HIGH, BIOS_SEGMENT = 1, 2
SCRIPT_LINE, FILE_NAME = 128, 56
HEADER_SIZE, CHECKSUM_AT = 36, 9
RSDP_V1_SIZE, RSDP_CHECKSUM_AT, RSDP_EXTENDED_CHECKSUM_AT = 20, 8, 32
SELF = object()  # in a root table: a pointer to the root table itself


@dataclass
class Root:
    """An RSDT or XSDT. An entry is a table as bytes (the same bytes twice: one table with two
    pointers to it), an address as a number, or SELF."""
    entries: list
    sum_ok: bool = True
    tail: bytes = b""           # what follows the last entry
    length: int | None = None   # in the header, if it is to lie


def script_line(command, *fields):
    data = struct.pack("<I", command)
    for field in fields:
        data += field.encode().ljust(FILE_NAME, b"\0") if isinstance(field, str) else field
    return data.ljust(SCRIPT_LINE, b"\0")


class Image:
    """The tables, each once, and the script so far."""

    def __init__(self):
        self.blob = bytearray()
        self.places = {}  # table: its offset in the blob
        self.script = [script_line(ALLOCATE, RSDP, struct.pack("<IB", 16, BIOS_SEGMENT)),
                       script_line(ALLOCATE, TABLES, struct.pack("<IB", 64, HIGH))]

    def place(self, data):
        """The offset of @data in the blob, where it is put if it isn't there."""
        if data not in self.places:
            self.blob += bytes(-len(self.blob) % 16)
            self.places[data] = len(self.blob)
            self.blob += data
        return self.places[data]

    def point(self, name, at, width):
        """The number at @at of file @name is an offset into the blob: make it an address."""
        self.script.append(script_line(ADD_POINTER, name, TABLES, struct.pack("<IB", at, width)))

    def sum(self, name, at, start, size, right=True):
        """Set the byte at @at so that @size bytes add up to 0; if not @right, to the first of them,
        which is a letter and so not 0."""
        skip = 0 if right else 1
        self.script.append(script_line(ADD_CHECKSUM, name,
                                       struct.pack("<III", at, start + skip, size - skip)))

    def place_root(self, signature, root, width):
        """The offset of a root table."""
        found = [self.place(entry) if isinstance(entry, bytes) else entry for entry in root.entries]
        size = HEADER_SIZE + len(found) * width + len(root.tail)
        start = self.place(table(signature, bytes(size - HEADER_SIZE), checksum=0,
                                 length=root.length))
        for i, (entry, value) in enumerate(zip(root.entries, found)):
            at = start + HEADER_SIZE + i * width
            value = start if entry is SELF else value
            self.blob[at:at + width] = value.to_bytes(width, "little")
            if not isinstance(entry, int):
                self.point(TABLES, at, width)
        self.blob[start + size - len(root.tail):start + size] = root.tail
        self.sum(TABLES, start + CHECKSUM_AT, start, size, root.sum_ok)
        return start


def fw_cfg(rsdt=None, xsdt=None, rsdp_length=36):
    """fw_cfg files by name. @rsdt, @xsdt: a Root, or its entries; without @xsdt the RSDP is of
    revision 0, the 20 bytes of ACPI 1.0. @rsdp_length: what the RSDP says of itself, up to 36."""
    image = Image()
    places = {}
    for signature, root, width in (("RSDT", rsdt, 4), ("XSDT", xsdt, 8)):
        if root is not None:
            root = root if isinstance(root, Root) else Root(root)
            places[signature] = image.place_root(signature, root, width)
    rsdp = build_rsdp(places.get("RSDT", 0), places.get("XSDT", 0), rev=0 if xsdt is None else 2,
                      checksum=0, extended_checksum=0, length=rsdp_length)
    if "RSDT" in places:
        image.point(RSDP, 16, 4)
    if "XSDT" in places:
        image.point(RSDP, 24, 8)
    image.sum(RSDP, RSDP_CHECKSUM_AT, 0, RSDP_V1_SIZE)
    if xsdt is not None:
        image.sum(RSDP, RSDP_EXTENDED_CHECKSUM_AT, 0, len(rsdp))
    return {TABLES: bytes(image.blob), RSDP: rsdp, SCRIPT: b"".join(image.script)}
