from __future__ import annotations

from itertools import count
from math import isqrt, prod
from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPrivateNumbers,
    RSAPublicNumbers,
    generate_private_key,
    rsa_crt_dmp1,
    rsa_crt_dmq1,
    rsa_crt_iqmp,
)

from fanscore_appsync.local.auth.invalid_token import InvalidToken, TokenFault
from fanscore_appsync.local.auth.jws import verify_jws
from fanscore_appsync.local.auth.roca import has_roca_fingerprint
from tests.tokens import jwk, signed

EXPONENT = 65537
PRIMORIAL = prod(n for n in range(2, 702) if all(n % d for d in range(2, isqrt(n) + 1)))
"""The product of the first 126 primes, of which keys of 1984 bits and more were made."""


def is_prime(number: int, randomness: Random) -> bool:
    """Whether Miller and Rabin's test takes an odd number for a prime."""
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(20):
        power = pow(randomness.randrange(2, number - 1), odd, number)
        if power not in {1, number - 1} and all(
            (power := power * power % number) != number - 1 for _ in range(twos - 1)
        ):
            return False
    return True


def weak_prime(bits: int, randomness: Random) -> int:
    """Make a prime as the faulty library did: ``k * M + (65537 ** a mod M)``."""
    for _ in count():
        least = (3 << (bits - 2)) // PRIMORIAL + 1  # two of these make a modulus of twice the bits
        k = randomness.randrange(least, (1 << bits) // PRIMORIAL)
        prime = k * PRIMORIAL + pow(EXPONENT, randomness.randrange(1 << 62), PRIMORIAL)
        if (prime - 1) % EXPONENT and is_prime(prime, randomness):
            return prime
    raise AssertionError


def weak_key(bits: int, seed: int) -> RSAPrivateKey:
    """Make a key as the faulty library did."""
    randomness = Random(seed)
    p, q = (weak_prime(bits // 2, randomness) for _ in range(2))
    d = pow(EXPONENT, -1, (p - 1) * (q - 1))
    crt = rsa_crt_dmp1(d, p), rsa_crt_dmq1(d, q), rsa_crt_iqmp(p, q)
    return RSAPrivateNumbers(p, q, d, *crt, RSAPublicNumbers(EXPONENT, p * q)).private_key()


@pytest.mark.parametrize("seed", range(3))
def test_keys_of_the_faulty_library_are_refused(seed: int) -> None:
    """A key that can be factored proves nothing, however long, though its signature is right."""
    key = weak_key(2048, seed)
    with pytest.raises(InvalidToken) as refused:
        verify_jws(signed(claims=b"payload", key=key), {"keys": [jwk(key)]})
    assert refused.value.fault is TokenFault.FACTORABLE_KEY


def test_other_keys_have_no_such_form() -> None:
    """An ordinary key is not taken for one of the faulty library."""
    keys = [generate_private_key(EXPONENT, 2048) for _ in range(3)]
    assert not any(has_roca_fingerprint(key.public_key().public_numbers().n) for key in keys)


@pytest.mark.parametrize(
    ("modulus", "is_found"),
    [
        (1, True),
        (EXPONENT**129, True),
        (pow(EXPONENT, 12_345, PRIMORIAL), True),
        (-pow(EXPONENT, 12_345, PRIMORIAL) % PRIMORIAL, False),
        (2 * EXPONENT**129, False),
        (3 * EXPONENT**129, False),
        (167 * EXPONENT**129, False),
        (0, False),
    ],
)
def test_powers_modulo_every_small_prime(modulus: int, is_found: bool) -> None:
    """The form is that of a power of 65537, modulo every prime from 3 to 167."""
    assert has_roca_fingerprint(modulus) is is_found
