"""Whole ACPI tables as bytes, right ones and wrong ones.

    srat([srat_cpu(0, 0), srat_mem(0, 0, 512 << 20)])       a right SRAT
    srat([srat_cpu(0, 0), raw(b"\\x01\\x00")])                with an entry of length 0
    slit([[10, 21], [21, 10]], count=200)                    a SLIT that is too short for its count
    table("SRAT", body, checksum=0x42, length=20)            a header that lies

Layouts: ACPI 6.4, 5.2.6 "System Description Table Header", 5.2.12 "Multiple APIC Description Table
(MADT)", 5.2.16 "System Resource Affinity Table (SRAT)", 5.2.17 "System Locality Information Table
(SLIT)", 5.2.25 "NVDIMM Firmware Interface Table (NFIT)", 5.2.5 "Root System Description Pointer (RSDP)".

QEMU's -acpitable corrects length and checksum of what it is given, so a header that lies about them
reaches a kernel only in memory that the test itself filled.
"""

import struct
import uuid

HEADER_SIZE = 36

# Flags of SRAT memory entries.
ENABLED = 1
HOTPLUG = 2
NONVOLATILE = 4


def raw(data):
    """An entry, or anything else, given byte by byte."""
    return bytes(data)


def table(sig, body=b"", rev=1, checksum=None, length=None, oem_id=b"ATOLL",
          oem_table_id=b"ATOLLTST"):
    """A table of signature `sig` (four characters) and what follows the header.

    `checksum` and `length` take the place of the right ones; the right checksum is right for the
    length that is written, over the bytes that are there.
    """
    if isinstance(sig, str):
        sig = sig.encode("latin-1")
    if len(sig) != 4:
        raise ValueError(f"signature {sig!r} has {len(sig)} characters, 4 expected")
    size = HEADER_SIZE + len(body) if length is None else length
    data = bytearray(
        struct.pack("<4sIBB6s8sI4sI", sig, size, rev, 0, oem_id, oem_table_id, 1, b"ATOL", 1)
    )
    data += body
    data[9] = -sum(data) & 0xFF if checksum is None else checksum
    return bytes(data)


# ---- SRAT ----


def srat(entries, rev=3, **header):
    """An SRAT of `entries`, a list of bytes; other arguments as of table()."""
    return table("SRAT", struct.pack("<IQ", 1, 0) + b"".join(entries), rev=rev, **header)


def srat_cpu(pxm, apic, enabled=True, length=16):
    """Processor Local APIC Affinity, type 0; `length` is the entry's own and may lie."""
    high = (pxm >> 8).to_bytes(3, "little")
    return struct.pack("<BBBBIB3sI", 0, length, pxm & 0xFF, apic, int(enabled), 0, high, 0)


def srat_mem(pxm, base, size, flags=ENABLED, length=40):
    """Memory Affinity, type 1: [base, base + size); `flags` of ENABLED, HOTPLUG, NONVOLATILE."""
    return struct.pack("<BBIHQQIIQ", 1, length, pxm, 0, base, size, 0, flags, 0)


def srat_x2apic(pxm, apic, enabled=True, length=24):
    """Processor Local x2APIC Affinity, type 2."""
    return struct.pack("<BBHIIIII", 2, length, 0, pxm, apic, int(enabled), 0, 0)


def srat_gi(pxm, enabled=True, handle=bytes(16), handle_type=1, length=32):
    """Generic Initiator Affinity, type 5; handle type 1 is a PCI device."""
    return struct.pack("<BBBBI16sII", 5, length, 0, handle_type, pxm, handle, int(enabled), 0)


def entry(kind, size, fill=0):
    """An entry of any type, `size` bytes of which all but the first two are `fill`."""
    return bytes([kind, size]) + bytes([fill]) * max(0, size - 2)


# ---- SLIT ----


def slit(matrix, rev=1, count=None, **header):
    """A SLIT of `matrix`, rows of distances; `count` takes the place of the number of rows."""
    rows = b"".join(bytes(row) for row in matrix)
    count = len(matrix) if count is None else count
    return table("SLIT", struct.pack("<Q", count) + rows, rev=rev, **header)


# ---- NFIT ----

# "Persistent Memory (PM) Region" and "Virtual Disk Region - Volatile" of ACPI 6.4, 5.2.25.2.
PERSISTENT = uuid.UUID("66F0D379-B4F3-4074-AC43-0D3318B78CDB").bytes_le
RAM_DISK = uuid.UUID("77AB535A-45FC-624B-5560-F7B281D1F96E").bytes_le


def nfit(structures, rev=1, **header):
    """An NFIT of `structures`, a list of bytes."""
    return table("NFIT", struct.pack("<I", 0) + b"".join(structures), rev=rev, **header)


def nfit_range(base, size, pxm=None, guid=PERSISTENT, index=1, length=56):
    """System Physical Address Range, type 0; without `pxm` it says that it knows no domain."""
    flags = 0 if pxm is None else 2
    body = struct.pack("<HHHHII16sQQQ", 0, length, index, flags, 0, pxm or 0, guid, base, size, 0x8008)
    return body.ljust(length, b"\0") if length <= 64 else body


def nfit_other(kind, length, fill=0):
    """A structure of another type, `length` bytes of which all but the first four are `fill`."""
    return struct.pack("<HH", kind, length) + bytes([fill]) * max(0, length - 4)


# ---- MADT ----


def madt(entries, rev=3, lapic_pa=0xFEE00000, flags=1, **header):
    """A MADT (signature "APIC") of `entries`, a list of bytes."""
    return table("APIC", struct.pack("<II", lapic_pa, flags) + b"".join(entries), rev=rev, **header)


def madt_lapic(uid, apic, flags=1, length=8):
    """Processor Local APIC, type 0; flag 1 is enabled, 2 online capable."""
    return struct.pack("<BBBBI", 0, length, uid, apic, flags)


def madt_ioapic(ioapic_id, pa=0xFEC00000, gsi_base=0, length=12):
    """I/O APIC, type 1."""
    return struct.pack("<BBBBII", 1, length, ioapic_id, 0, pa, gsi_base)


def madt_override(source, gsi, flags=0, bus=0, length=10):
    """Interrupt Source Override, type 2."""
    return struct.pack("<BBBBIH", 2, length, bus, source, gsi, flags)


def madt_nmi_source(gsi, flags=0, length=8):
    """NMI Source, type 3."""
    return struct.pack("<BBHI", 3, length, flags, gsi)


def madt_lapic_nmi(uid=0xFF, lint=1, flags=0, length=6):
    """Local APIC NMI, type 4."""
    return struct.pack("<BBBHB", 4, length, uid, flags, lint)


def madt_lapic_address(pa, length=12):
    """Local APIC Address Override, type 5."""
    return struct.pack("<BBHQ", 5, length, 0, pa)


def madt_x2apic(uid, apic, flags=1, length=16):
    """Processor Local x2APIC, type 9."""
    return struct.pack("<BBHIII", 9, length, 0, apic, flags, uid)


def madt_x2apic_nmi(uid=0xFFFFFFFF, lint=1, flags=0, length=12):
    """Local x2APIC NMI, type 10."""
    return struct.pack("<BBHIB3s", 10, length, flags, uid, lint, bytes(3))


# ---- the way to the tables ----


def rsdp(rsdt_pa=0, xsdt_pa=0, rev=2, checksum=None, extended_checksum=None, length=36):
    """An RSDP: 20 bytes in revision 0, 36 in revision 2."""
    data = bytearray(struct.pack("<8sB6sBI", b"RSD PTR ", 0, b"ATOLL", rev, rsdt_pa))
    data[8] = -sum(data) & 0xFF if checksum is None else checksum
    if rev < 2:
        return bytes(data)
    data += struct.pack("<IQB3s", length, xsdt_pa, 0, bytes(3))
    data[32] = -sum(data) & 0xFF if extended_checksum is None else extended_checksum
    return bytes(data)


def rsdt(addresses, **header):
    """An RSDT that points at `addresses`."""
    return table("RSDT", b"".join(struct.pack("<I", pa) for pa in addresses), **header)


def xsdt(addresses, **header):
    """An XSDT that points at `addresses`."""
    return table("XSDT", b"".join(struct.pack("<Q", pa) for pa in addresses), **header)
