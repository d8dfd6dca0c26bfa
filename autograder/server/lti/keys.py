"""The service's own key pair: with it we sign what we ask of an LMS. The LMS fetches the public half from /lti/keys."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from autograder.errors import CourseError, OutputError
from autograder.server.sign_in import STATE, write_secretly

KEY_FILE = "lti-key.pem"
_BITS = 2048


@dataclass(frozen=True, slots=True)
class OwnKey:
    """Our private key, and the name by which an LMS finds its public half."""

    private: rsa.RSAPrivateKey
    kid: str

    def sign(self, claims: dict[str, Any]) -> str:
        """A signed token of these claims."""
        return jwt.encode(claims, self.private, algorithm="RS256", headers={"kid": self.kid})

    def public_set(self) -> dict[str, Any]:
        """The key set that an LMS reads (RFC 7517)."""
        key = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {"keys": [key | {"kid": self.kid, "alg": "RS256", "use": "sig"}]}

    def public_pem(self) -> str:
        """The public key as text, for an LMS that cannot reach us."""
        form, kind = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        return self.private.public_key().public_bytes(form, kind).decode()


def load_key(root: Path) -> OwnKey:
    """The course's key pair, made at the first call, in a file that only its owner reads. CourseError if it is none."""
    file = root / STATE / KEY_FILE
    if not file.exists():
        made = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
        form, kind = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        write_secretly(file, made.private_bytes(form, kind, serialization.NoEncryption()))
    try:
        mode, data = file.stat().st_mode, file.read_bytes()
    except OSError as error:
        raise OutputError(f"{file}: cannot be read: {error.strerror}") from error
    if mode & 0o077:
        raise CourseError(f"{file}: others may read it; run `chmod 600 {file}`")
    try:
        private = serialization.load_pem_private_key(data, None)
    except (ValueError, TypeError) as error:
        raise CourseError(f"{file}: holds no private key ({error}); restore it from a backup") from None
    if not isinstance(private, rsa.RSAPrivateKey):
        raise CourseError(f"{file}: is no RSA key; restore it from a backup")
    form, shape = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    digest = hashlib.sha256(private.public_key().public_bytes(form, shape)).digest()
    return OwnKey(private, base64.urlsafe_b64encode(digest[:15]).decode())
