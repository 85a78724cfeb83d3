"""Certificates as bytes: their fields, the names that they cover, and bytes that are none."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from runbook_lib.evidence.certificate import Certificate, certificate

BEGINS, ENDS = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), datetime(2060, 1, 2, tzinfo=UTC)


def made(subject: str, issuer: str, *names: x509.GeneralName, kind: x509.ObjectIdentifier = x509.NameOID.COMMON_NAME):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(kind, subject)])
    builder = x509.CertificateBuilder(
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer)]), name, key.public_key(), 7, BEGINS, ENDS
    )
    if names:
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


DER = made("api.example.com", "한글 CA", x509.DNSName("*.example.com"), x509.IPAddress(ip_address("10.0.0.1")))


def test_fields_are_read():
    found = certificate(DER)
    assert found == Certificate("api.example.com", "한글 CA", ("*.example.com", "10.0.0.1"), BEGINS, ENDS)


def test_an_organisation_stands_for_a_missing_common_name():
    found = certificate(made("Example Inc.", "ca", kind=x509.NameOID.ORGANIZATION_NAME))
    assert (found.subject, found.names) == ("Example Inc.", ())


@pytest.mark.parametrize(
    ("host", "covered"),
    [
        ("api.example.com", True),
        ("API.Example.com.", True),
        ("example.com", False),
        ("a.api.example.com", False),
        (".example.com", False),
        ("10.0.0.1", True),
        ("10.0.0.2", False),
    ],
)
def test_a_wildcard_covers_one_label(host, covered):
    assert certificate(DER).covers(host) is covered


def test_without_other_names_the_subject_counts():
    assert Certificate("api", "", (), BEGINS, BEGINS + timedelta(1)).covers("api")


# A negative size is counted from the end: a signature has not always the same length.
@pytest.mark.parametrize("size", [0, 1, 2, 3, 10, 50, 100, 200, -1])
def test_half_a_certificate_is_none(size):
    assert certificate(DER[:size]) is None


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=400)
    | st.tuples(st.integers(0, len(DER) - 1), st.integers(0, 255)).map(
        lambda change: DER[: change[0]] + bytes([change[1]]) + DER[change[0] + 1 :]
    )
)
def test_any_bytes_are_a_certificate_or_none(data):
    assert certificate(data) is None or isinstance(certificate(data), Certificate)
