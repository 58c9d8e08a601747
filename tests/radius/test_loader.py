"""The syntax of dictionaries: every form of line, and every way to get one wrong."""

from __future__ import annotations

import pytest

from radius import Dictionary, DictionaryError, load_dictionary
from radius.vendors import VendorFormat


def dictionary_of(text: str, **files: str) -> Dictionary:
    texts = {"dictionary": text} | {name.replace("__", "/"): body for name, body in files.items()}

    def reader(name: str) -> str:
        if name not in texts:
            raise FileNotFoundError(2, "No such file or directory", name)
        return texts[name]

    return load_dictionary(reader, "dictionary")


def complaint(text: str, **files: str) -> str:
    with pytest.raises(DictionaryError) as caught:
        dictionary_of(text, **files)
    return str(caught.value)


def test_an_attribute_has_a_name_a_number_a_type_and_flags() -> None:
    loaded = dictionary_of(
        "# a comment\n\n"
        "ATTRIBUTE\tUser-Name\t1 string\n"
        "attribute Tunnel-Password 0x45 String has_tag,encrypt=2 # glued comment\n"
        "ATTRIBUTE A-List 200 ipaddr array#glued\n"
        "ATTRIBUTE Sized 201 octets[16]\n"
        "ATTRIBUTE Inner 1000 uint32 virtual\n"
        "ATTRIBUTE EAP 79 octets concat\n"
        "ATTRIBUTE Hidden 202 string secret\n"
    )
    password = loaded.find("tunnel-password")
    assert password is not None
    assert (password.path, password.type, password.tagged, password.encrypt) == (
        (69,), "string", True, 2,
    )  # fmt: skip
    assert (password.file, password.line) == ("dictionary", 4)
    flags = [(entry.array, entry.size, entry.virtual, entry.concat) for entry in loaded.attributes]
    assert flags[2:6] == [
        (True, None, False, False), (False, 16, False, False),
        (False, None, True, False), (False, None, False, True),
    ]  # fmt: skip
    inner, hidden = loaded.find("Inner"), loaded.find("Hidden")
    assert inner is not None and inner.type == "integer" and not inner.travels
    assert hidden is not None and hidden.secret and hidden.travels


def test_vendors_scope_their_numbers_and_state_their_format() -> None:
    loaded = dictionary_of(
        "VENDOR Plain 9\nVENDOR Odd 0x1fe4 format=2,2\nVENDOR Long 24757 format=1,1,c\n"
        "VENDOR Usr 429 format=4,0\n"
        "BEGIN-VENDOR Odd\nATTRIBUTE Odd-One 0x0101 string\nEND-VENDOR Odd\n"
    )
    assert {vendor.name: vendor.format for vendor in loaded.vendors} == {
        "Plain": VendorFormat(), "Odd": VendorFormat(2, 2),
        "Long": VendorFormat(1, 1, True), "Usr": VendorFormat(4, 0),
    }  # fmt: skip
    entry = loaded.at((26, 0x1FE4, 0x0101))
    assert entry is not None and entry.name == "Odd-One" and entry.vendor == 0x1FE4
    vendor = loaded.vendor_named("oDD")
    assert vendor is not None and loaded.vendor_numbered(vendor.number) is vendor
    assert loaded.vendor_format(0x1FE4) == VendorFormat(2, 2)
    assert loaded.vendor_format(4846) == VendorFormat(2, 1)


def test_equal_names_of_two_vendors_do_not_collide() -> None:
    loaded = dictionary_of(
        "VENDOR A 1\nVENDOR B 2\n"
        "BEGIN-VENDOR A\nATTRIBUTE Same 1 integer\nVALUE Same One 1\nEND-VENDOR A\n"
        "BEGIN-VENDOR B\nATTRIBUTE Same 5 string\nEND-VENDOR B\n"
        "ATTRIBUTE Plain 9 string\nBEGIN-VENDOR A\nATTRIBUTE Plain 9 octets\nEND-VENDOR A\n"
    )
    assert [getattr(loaded.find("same", vendor), "path", None) for vendor in (1, 2, 0)] == [
        (26, 1, 1), (26, 2, 5), (26, 2, 5),
    ]  # fmt: skip
    assert loaded.value_name((26, 1, 1), 1) == "One"
    plain = loaded.find("Plain")
    assert plain is not None and plain.path == (9,)


def test_tlvs_are_numbered_by_oid_or_inside_a_block() -> None:
    loaded = dictionary_of(
        "VENDOR V 7\nBEGIN-VENDOR V\n"
        "ATTRIBUTE Outer 1 tlv\nATTRIBUTE By-Oid 1.2 byte\nATTRIBUTE Deep 1.3 tlv\n"
        "BEGIN-TLV Outer\nATTRIBUTE In-Block 4 short\n"
        "BEGIN-TLV Deep\nATTRIBUTE Deeper 5 integer\nEND-TLV Deep\nEND-TLV Outer\n"
        "ATTRIBUTE After 6 string\nEND-VENDOR V\n"
    )
    assert [entry.path[2:] for entry in loaded.attributes] == [
        (1,), (1, 2), (1, 3), (1, 4), (1, 3, 5), (6,),
    ]  # fmt: skip
    assert loaded.nests((26, 7, 1, 3)) and not loaded.nests((26, 7, 6))


def test_extended_attributes_and_their_vendors() -> None:
    loaded = dictionary_of(
        "ATTRIBUTE Extended-1 241 extended\nATTRIBUTE Extended-5 245 long-extended\n"
        "ATTRIBUTE EVS-1 241.26 evs\nATTRIBUTE EVS-5 245.26 evs\nATTRIBUTE Frag 241.1 integer\n"
        "VENDOR Free 11344\n"
        "BEGIN-VENDOR Free format=EVS-5\nATTRIBUTE Anonce 1 octets\nEND-VENDOR Free\n"
        "ATTRIBUTE By-Oid 241.26.11344.9 tlv\nATTRIBUTE Inside 241.26.11344.9.1 string\n"
    )
    anonce = loaded.find("Anonce")
    assert anonce is not None and anonce.path == (245, 26, 11344, 1) and anonce.vendor == 11344
    assert loaded.at((241, 26, 11344, 9, 1)) is not None


def test_values_may_come_before_their_attribute_or_from_another_file() -> None:
    loaded = dictionary_of(
        "VALUE Service-Type Early 0x0f\n$INCLUDE more\nATTRIBUTE Service-Type 6 integer\n",
        more="VALUE Service-Type Other 2\nVALUE service-type Another 2\n",
    )
    assert loaded.value_number((6,), "early") == 15
    assert loaded.value_number((6,), "OTHER") == loaded.value_number((6,), "Another") == 2
    assert loaded.value_name((6,), 2) == "Another"
    assert loaded.value_name((6,), 3) is None
    assert loaded.orphans == ()


def test_a_value_whose_attribute_is_nowhere_is_reported_and_harms_nothing() -> None:
    loaded = dictionary_of("VALUE Nowhere One 1\nATTRIBUTE A 1 integer\n")
    assert loaded.orphans == ("dictionary:1: no attribute is called Nowhere",)


def test_aliases_are_all_found_and_the_later_name_is_printed() -> None:
    loaded = dictionary_of("ATTRIBUTE Old-Name 25 string\nATTRIBUTE New-Name 25 string\n")
    assert len(loaded.attributes) == 2
    assert loaded.find("old-name") is not None
    assert loaded.name_of((25,)) == "New-Name"


def test_includes_are_relative_to_the_file_that_includes() -> None:
    loaded = dictionary_of(
        "$INCLUDE sub/one\n$INCLUDE- not/there\n",
        sub__one="$INCLUDE two\nATTRIBUTE One 1 string\n",
        sub__two="ATTRIBUTE Two 2 string\n",
    )
    assert [(entry.name, entry.file) for entry in loaded.attributes] == [
        ("Two", "sub/two"), ("One", "sub/one"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("$INCLUDE gone\n", "dictionary:1: gone cannot be read: No such file or directory"),
        ("$INCLUDE a b\n", "dictionary:1: write $INCLUDE and the name of one file"),
        ("\nATTRIBUTE A 1\n", "dictionary:2: expected: ATTRIBUTE name number type [flags]"),
        ("ATTRIBUTE A one string\n", "dictionary:1: one is not a number or an OID"),
        ("ATTRIBUTE A 1. string\n", "is not a number or an OID"),
        ("ATTRIBUTE A 1 text\n", "dictionary:1: text is not a data type"),
        ("ATTRIBUTE A 1 string wobbly\n", "dictionary:1: wobbly is not a flag"),
        ("ATTRIBUTE A 1 string encrypt=4\n", "encrypt=4 is not a flag"),
        ("ATTRIBUTE A 1.2 string\n", "dictionary:1: 1 is not an attribute that holds others"),
        ("ATTRIBUTE A 1 string\nATTRIBUTE B 1.2 string\n", "dictionary:2: 1 is not an attribute"),
        ("ATTRIBUTE A 1.2.3.4.5.6.7.8.9 string\n", "nested too deep"),
        ("VALUE A B\n", "dictionary:1: expected: VALUE attribute name number"),
        ("VALUE A B c\n", "dictionary:1: c is not a number"),
        ("VENDOR A\n", "dictionary:1: expected: VENDOR name number"),
        ("VENDOR A b\n", "dictionary:1: b is not a number"),
        ("VENDOR A 1 format=3,1\n", "format=3,1 is not a format"),
        ("BEGIN-VENDOR A\n", "dictionary:1: no vendor is called A"),
        ("VENDOR A 1\nBEGIN-VENDOR A format=B\n", "dictionary:2: format=B does not name"),
        ("VENDOR A 1\nBEGIN-VENDOR A\nBEGIN-VENDOR A\n", "vendor A is still open"),
        ("VENDOR A 1\nBEGIN-VENDOR A\n", "dictionary:0: a BEGIN- at its end has no END-"),
        ("END-VENDOR A\n", "dictionary:1: A was not begun"),
        ("ATTRIBUTE A 1 string\nBEGIN-TLV A\n", "A is not an attribute of type tlv"),
        ("END-TLV A\n", "dictionary:1: A was not begun"),
        (
            "VENDOR V 1\nBEGIN-VENDOR V\nATTRIBUTE T 1 tlv\nBEGIN-TLV T\nEND-VENDOR V\n",
            "dictionary:5: BEGIN-TLV T is still open",
        ),
        ("DEFINE A string\n", "dictionary:1: DEFINE is not a keyword"),
        ("STRUCT A 1\n", "STRUCT is not a keyword"),
    ],
)
def test_a_wrong_line_is_named_with_its_file_and_number(text: str, said: str) -> None:
    assert said in complaint(text)


def test_an_error_in_an_included_file_names_that_file() -> None:
    assert complaint("$INCLUDE- one\n", one="\nNONSENSE\n") == (
        "one:2: NONSENSE is not a keyword of a dictionary"
    )


def test_a_file_that_includes_itself_is_an_error() -> None:
    assert "nested over 20 deep" in complaint("$INCLUDE dictionary\n")


def test_a_dictionary_that_is_not_there_is_an_error() -> None:
    def reader(name: str) -> str:
        raise PermissionError(13, "Permission denied")

    with pytest.raises(DictionaryError, match="cannot be read: Permission denied"):
        load_dictionary(reader, "dictionary")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ATTRIBUTE A " + "1" * 5_000 + " string", "is not a number"),
        ("ATTRIBUTE A 4294967296 string", "4294967296 is over 4294967295"),
        ("ATTRIBUTE A 1 octets[" + "1" * 5_000 + "]", "is not a data type"),
        ("VALUE A one " + "1" * 5_000, "is not a number"),
        ("VALUE A one 0x10000000000000000", "is not a number"),
        ("VALUE A one 18446744073709551616", "is over 18446744073709551615"),
        ("VENDOR V 4294967296", "is over 4294967295"),
        ("ATTRIBUTE A= 1 string", "A= cannot be the name of an attribute"),
        ("ATTRIBUTE Attr-1 2 string", "Attr-1 cannot be the name of an attribute"),
        (
            "ATTRIBUTE E 241 extended\nATTRIBUTE V 241.26 evs\nATTRIBUTE A 241.26.9 string",
            "241.26.9 is a vendor's number, not an attribute's",
        ),
    ],
)
def test_what_no_packet_and_no_line_could_hold_is_a_wrong_line(text: str, said: str) -> None:
    assert said in complaint(text)


def test_files_that_include_each_other_again_and_again_come_to_an_end() -> None:
    files = {f"f{level}": f"$INCLUDE f{level + 1}\n" * 2 for level in range(15)}
    assert "over 1000 files" in complaint("$INCLUDE f0", **files, f15="")
