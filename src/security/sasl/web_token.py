"""Whether a signed JSON Web Token (RFC 7519) shows who its bearer is.

Nothing in a token is believed before its signature was checked, with an algorithm and a key that were chosen here: the token only says which of them.
"""

from dataclasses import dataclass
from typing import Any, Final, TypeGuard

import jwt

from security.identity import Identity
from security.principal import group_of, user_of
from security.sasl.key_set import KEY_ID_MAX, KeySet
from security.sasl.oauth_bearer import NAME, TokenRefused

TOKEN_MAX: Final = 64 * 1024
NAME_MAX: Final = 1024
_LATEST_S: Final = 253_402_300_799
"""The end of the year 9999."""


class KeyUnknown(TokenRefused):
    """There is no key of the token's key id (yet)."""

    def __init__(self, key_id: str | None) -> None:
        super().__init__("its key is not known")
        self.key_id = key_id


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRules:
    """What a token must be. ``issuer``, ``audiences`` and ``algorithms`` are never empty."""

    issuer: str
    audiences: tuple[str, ...]
    algorithms: tuple[str, ...]
    skew_s: int = 30
    subject_claim: str = "sub"
    scope_claim: str = "scope"
    required_scopes: tuple[str, ...] = ()
    groups_claim: str | None = None

    def __post_init__(self) -> None:
        assert self.issuer, "tokens of any issuer would do"
        assert self.audiences, "tokens for anybody would do"
        assert self.algorithms, "there is no algorithm"


def credential_of(issuer: str, key_id: str | None) -> str:
    """What an identity that a token showed rests on: the key it is signed with. Another provider may have one of the same name."""
    return f"{NAME}:{issuer}:{key_id or ''}"


def read_token(token: str, keys: KeySet, rules: TokenRules, now_s: float) -> Identity:
    """Who the bearer is. Raises TokenRefused; KeyUnknown when the key of the token is not there."""
    if len(token) > TOKEN_MAX or token.count(".") != 2:
        raise TokenRefused("it is too long, or not a signed token")
    algorithm, key_id = _read_header(token, rules)
    key = keys.find(key_id, algorithm)
    if key is None:
        if key_id is not None and keys.has(key_id):
            raise TokenRefused("its key is not one for its algorithm")
        raise KeyUnknown(key_id)
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key.key,
            algorithms=[algorithm],
            audience=rules.audiences,
            issuer=rules.issuer,
            # Times are checked below, against a clock that is given.
            options={"require": ["exp", "iat", "iss", "aud"], "verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
    except jwt.InvalidIssuerError:
        raise TokenRefused("it is of another issuer") from None
    except jwt.InvalidAudienceError:
        raise TokenRefused("it is for another audience") from None
    except jwt.MissingRequiredClaimError as error:
        raise TokenRefused(f"it has no {error.claim}") from None
    except jwt.InvalidSignatureError:
        raise TokenRefused("its signature is wrong") from None
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        raise TokenRefused("it is malformed") from None
    expires_s = _check_times(claims, rules, now_s)
    _check_scopes(claims, rules)
    return Identity(
        user_of(_subject(claims, rules)),
        groups=_groups(claims, rules),
        mechanism=NAME,
        credential=credential_of(rules.issuer, key.key_id),
        expires_ms=int(expires_s * 1000),
    )


def _read_header(token: str, rules: TokenRules) -> tuple[str, str | None]:
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        raise TokenRefused("its header is malformed") from None
    if header.get("crit") is not None or header.get("zip") is not None or header.get("b64", True) is not True:
        raise TokenRefused("its header asks for what is not known here")
    algorithm, key_id = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in rules.algorithms:
        raise TokenRefused("its algorithm is not allowed")
    if key_id is not None and (not isinstance(key_id, str) or len(key_id) > KEY_ID_MAX):
        raise TokenRefused("its key id is malformed")
    return algorithm, key_id


def _time(claims: dict[str, Any], name: str) -> float:
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise TokenRefused(f"its {name} is not a time")
    return float(max(0, min(value, _LATEST_S)))


def _check_times(claims: dict[str, Any], rules: TokenRules, now_s: float) -> float:
    expires_s = _time(claims, "exp")
    if now_s >= expires_s + rules.skew_s:
        raise TokenRefused("it has expired")
    if _time(claims, "iat") > now_s + rules.skew_s:
        raise TokenRefused("it was issued in the future")
    if claims.get("nbf") is not None and _time(claims, "nbf") > now_s + rules.skew_s:
        raise TokenRefused("it is not valid yet")
    return expires_s


def _check_scopes(claims: dict[str, Any], rules: TokenRules) -> None:
    if not rules.required_scopes:
        return
    scopes = claims.get(rules.scope_claim)
    # RFC 8693: names with spaces between; many providers send a list.
    held = scopes.split(" ") if isinstance(scopes, str) else scopes if isinstance(scopes, list) else []
    missing = [scope for scope in rules.required_scopes if scope not in held]
    if missing:
        raise TokenRefused(f"it has not the scope {missing[0]}")


def _is_name(value: Any) -> TypeGuard[str]:
    """Printable, because names end in logs."""
    return isinstance(value, str) and bool(value.strip()) and len(value) <= NAME_MAX and value.isprintable()


def _subject(claims: dict[str, Any], rules: TokenRules) -> str:
    subject = claims.get(rules.subject_claim)
    if not _is_name(subject):
        raise TokenRefused(f"its {rules.subject_claim} names nobody")
    return subject


def _groups(claims: dict[str, Any], rules: TokenRules) -> tuple[str, ...]:
    if rules.groups_claim is None:
        return ()
    listed = claims.get(rules.groups_claim, [])
    if isinstance(listed, str):
        listed = [listed]
    if not isinstance(listed, list) or not all(map(_is_name, listed)):
        raise TokenRefused(f"its {rules.groups_claim} is not a list of groups")
    return tuple(group_of(name) for name in dict.fromkeys(listed))
