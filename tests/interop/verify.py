"""Reads the golden files of the signed records, written from docs/protocol-records.md alone.

It shares no code with the Rust implementation: CBOR is cbor2's, COSE is pycose's, Ed25519 is
cryptography's (through pycose). It verifies a chain of grants, commits with the salted digests of
their parts, the actor of their changes and the chain hash of the log, the server's records with
their places, its word on its log and the proof of an enrolment, and it refuses every invalid one.
Exits 0 if all is as the page says.
"""

import hashlib
import re
import sys
from pathlib import Path

import cbor2
from pycose.algorithms import CoseAlgorithm, EdDSA
from pycose.headers import Algorithm
from pycose.keys import OKPKey
from pycose.keys.curves import Ed25519 as Ed25519Curve
from pycose.messages import Sign1Message

GOLDEN = Path(__file__).resolve().parent.parent / "fixtures" / "golden" / "trust"
NOW = 1_793_491_200  # when the samples were made, in seconds since the Unix epoch
ED25519 = -19
COMMIT_BYTES_MAX, GRANT_BYTES_MAX, RECORD_BYTES_MAX = 32_768, 8_192, 16_384
UNIX_SECONDS_MAX = ((1 << 47) - 1) // 1000
CHAIN_MAX = 8
ADMINISTRATOR = 9
ROLE_DEPTH = {1: 0, 2: 1, 3: 2, 4: 3, 5: 4, 6: 0, 7: 0, 8: 0}
ROLE_GRANTS = {2: {1}, 3: {1, 2}, 4: {1, 2, 3}, 5: {1, 2, 3, 4, 6, 7, 8}}
CLAIMS = [1, 2, 4, 6, 7, 8, *range(-65537, -65545, -1)]
(ISS, SUB, EXP, IAT, CTI, CNF, CITY, LOG, ROLE, REGIONS, KINDS, PARENT, DEPTH, ISSUER) = CLAIMS
SMALL_ORDER = {
    bytes.fromhex(text)
    for text in (
        "01" + "00" * 31,
        "ec" + "ff" * 30 + "7f",
        "00" * 32,
        "00" * 31 + "80",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    )
}


class Refused(Exception):
    """The bytes are not what the page says."""


@CoseAlgorithm.register_attribute()
class FullySpecifiedEd25519(EdDSA):
    """Ed25519 under its own number (RFC 9864), which pycose 1.1 does not know yet."""

    identifier = ED25519
    fullname = "ED25519_RFC9864"


def require(condition, what):
    if not condition:
        raise Refused(what)


def golden(name):
    return bytes.fromhex((GOLDEN / f"{name}.hex").read_text())


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def is_bytes(value, length):
    return type(value) is bytes and len(value) == length


def is_uint(value, below=1 << 64):
    return type(value) is int and 0 <= value < below


def decode(data):
    """The one item in the bytes, which must be in the deterministic form."""
    try:
        value = cbor2.loads(data)
        again = cbor2.dumps(value, canonical=True)
    except Exception as error:  # whatever a decoder makes of hostile bytes
        raise Refused(f"no CBOR: {type(error).__name__}") from error
    require(again == data, "not the deterministic form")
    return value


# Signatures


def read_message(data, bytes_max):
    """The payload of a COSE_Sign1 of the strict form, and the message to verify."""
    require(len(data) <= bytes_max, "too large")
    parts = decode(data)
    require(type(parts) is list and len(parts) == 4, "not a COSE_Sign1")
    protected, unprotected, payload, signature = parts
    require(protected == bytes.fromhex("a10132"), "another protected header")
    require(unprotected == {} and type(payload) is bytes, "another form")
    require(is_bytes(signature, 64), "a signature of another length")
    message = Sign1Message.from_cose_obj(list(parts), allow_unknown_attributes=False)
    require(message.get_attr(Algorithm) is FullySpecifiedEd25519, "another algorithm")
    return payload, message


def verify_signature(message, context, key):
    require(key not in SMALL_ORDER, "a key of small order")
    require(message.signature[:32] not in SMALL_ORDER, "a point of small order")
    message.key = OKPKey(crv=Ed25519Curve, x=key)
    message.external_aad = context.encode("ascii")
    require(message.verify_signature(), "the signature does not hold")


# Keys, devices, actors


def read_key(value):
    require(type(value) is list and len(value) == 2, "not a key")
    require(value[0] == ED25519 and is_bytes(value[1], 32), "a key of another algorithm")
    return value[1]


def read_cose_key(value):
    require(type(value) is dict and list(value) == [1, -1, -2], "not an OKP key")
    require(value[1] == 1 and value[-1] == 6 and is_bytes(value[-2], 32), "not Ed25519")
    return value[-2]


def from_key(domain, key, rest, length):
    algorithm = ED25519.to_bytes(8, "big", signed=True)
    return sha256(domain, algorithm, key, rest)[:length]


def device_id(key):
    return from_key(b"keting/device/1", key, b"", 16)


def actor_id(key, incarnation):
    return from_key(b"keting/actor/1", key, incarnation, 10)


# Commits


def is_commit_id(value):
    return type(value) is list and len(value) == 2 and is_bytes(value[0], 16) and is_bytes(value[1], 8)


def read_commit(data):
    payload, message = read_message(data, COMMIT_BYTES_MAX)
    body = decode(payload)
    require(type(body) is list and len(body) == 18 and body[0] == 1, "not a commit")
    names = (
        "format city log device incarnation sequence grant seen command command_name"
        " rule_version time city_time replaces request seals follows entries"
    )
    commit = dict(zip(names.split(), body))
    key = read_key(commit["device"])
    require(is_bytes(commit["city"], 16) and is_bytes(commit["log"], 16), "city or log")
    require(is_bytes(commit["incarnation"], 8) and is_bytes(commit["grant"], 32), "grant")
    require(is_uint(commit["sequence"]) and 1 <= commit["sequence"] < 1 << 63, "sequence")
    seen = commit["seen"]
    require(type(seen) is list and len(seen) == 3, "seen")
    require(is_uint(seen[0], 1 << 32) and is_uint(seen[1], 1 << 63) and is_bytes(seen[2], 8), "seen")
    require(is_bytes(commit["command"], 8), "command")
    name = commit["command_name"]
    require(type(name) is str and re.fullmatch(r"[a-z0-9_.]{1,64}", name), "command_name")
    require(is_uint(commit["rule_version"], 1 << 16) and commit["rule_version"] >= 1, "rules")
    require(is_uint(commit["time"], 1 << 63), "time")
    city_time = commit["city_time"]
    require(type(city_time) is list and len(city_time) == 2, "city_time")
    require(is_uint(city_time[0], 1 << 47) and type(city_time[1]) is bool, "city_time")
    require([commit["request"], commit["seals"]] == [None, []], "a place of a later version")
    follows = commit["follows"]
    require(type(follows) is list and len(follows) <= 64, "follows")
    require(all(is_commit_id(one) for one in follows), "follows")
    ordered = [device + command for device, command in follows]
    require(ordered == sorted(set(ordered)), "follows in another order")
    require([device_id(key), commit["command"]] not in follows, "follows itself")
    replaces = commit["replaces"]
    if replaces is not None:
        require(is_commit_id(replaces), "replaces")
        require(replaces != [device_id(key), commit["command"]], "replaces itself")
    entries = commit["entries"]
    require(type(entries) is list and 1 <= len(entries) <= 512, "entries")
    require(all(is_bytes(entry, 32) for entry in entries), "entries")
    require(len(set(entries)) == len(entries), "an entry twice")
    verify_signature(message, "keting/commit/1", key)
    commit["key"] = key
    return commit


def find_part(commit, data):
    """Which entry of the commit a part is."""
    part = decode(data)
    require(type(part) is list and len(part) == 3, "not a part")
    salt, document, change = part
    require(is_bytes(salt, 16) and is_bytes(document, 16) and type(change) is bytes, "a part")
    digest = sha256(salt, document, change)
    require(digest in commit["entries"], "a part of another commit")
    actor = actor_id(commit["key"], commit["incarnation"])
    require(bytes([len(actor)]) + actor in change, "a change of another actor")
    unix_ms, uncertain = commit["city_time"]
    message = f"{commit['command'].hex()} {unix_ms}{' ?' if uncertain else ''}".encode()
    require(bytes([len(message)]) + message in change, "a change of another time or command")
    return commit["entries"].index(digest)


# Grants


def read_grant(data):
    payload, message = read_message(data, GRANT_BYTES_MAX)
    grant = decode(payload)
    require(type(grant) is dict, "not claims")
    require(list(grant) == [key for key in CLAIMS if key != PARENT or PARENT in grant], "claims")
    name = grant[SUB]
    require(type(name) is str and 1 <= len(name.encode()) <= 256 and ":" not in name, "sub")
    require(not re.search(r"[\x00-\x1f\x7f-\x9f]", name), "sub")
    require(is_uint(grant[EXP], UNIX_SECONDS_MAX + 1) and is_uint(grant[IAT]), "exp or iat")
    require(grant[IAT] < grant[EXP], "expired before issued")
    require(is_bytes(grant[CTI], 16), "cti")
    require(type(grant[CNF]) is dict and list(grant[CNF]) == [1], "cnf")
    read_cose_key(grant[CNF][1])
    issuer = read_cose_key(grant[ISSUER])
    require(grant[ISS] == device_id(issuer).hex(), "iss")
    require(is_bytes(grant[CITY], 16) and is_bytes(grant[LOG], 16), "city or log")
    require(type(grant[ROLE]) is int and 1 <= grant[ROLE] <= 9, "role")
    whole_city = grant[ROLE] == ADMINISTRATOR
    regions = grant[REGIONS]
    require(type(regions) is list and len(regions) <= 64, "regions")
    require((regions == []) == whole_city, "regions")
    require(all(is_bytes(region, 16) and region[:2] == b"\0\1" for region in regions), "regions")
    require(regions == sorted(set(regions)), "regions in another order")
    kinds = grant[KINDS]
    require(type(kinds) is list and 1 <= len(kinds) <= 64, "kinds")
    for access in kinds:
        require(type(access) is list and len(access) == 2, "kinds")
        require(is_uint(access[0], 1 << 16) and is_uint(access[1], 8), "kinds")
        require(access[1] & 3 and (access[0] != 0 or whole_city), "kinds")
    numbers = [kind for kind, _ in kinds]
    require(numbers == sorted(set(numbers)), "kinds in another order")
    require(PARENT not in grant or is_bytes(grant[PARENT], 32), "parent")
    require(is_uint(grant[DEPTH], 256), "depth")
    verify_signature(message, "keting/grant/1", issuer)
    return grant


def holder(grant):
    return read_cose_key(grant[CNF][1])


def covers(grant, parents, region):
    for _ in range(8):
        if grant[ROLE] == ADMINISTRATOR or region in grant[REGIONS]:
            return True
        region = parents.get(region)
    return False


def access_above(grant, kind):
    accesses = dict(grant[KINDS])
    return accesses.get(kind, accesses.get(0))


def verify_chain(root, chain, parents, now):
    require(1 <= len(chain) <= CHAIN_MAX, "the length of the chain")
    first = chain[0]
    require(read_cose_key(first[ISSUER]) == root and PARENT not in first, "not from the root")
    for grant in chain:
        require(grant[IAT] <= now < grant[EXP], "not valid now")
    for above, below in zip(chain, chain[1:]):
        require(read_cose_key(below[ISSUER]) == holder(above), "a link is missing")
        require(PARENT in below, "no parent")
        require((below[CITY], below[LOG]) == (above[CITY], above[LOG]), "another city")
        require(below[DEPTH] < above[DEPTH], "too deep")
        role = below[ROLE]
        require(role == ADMINISTRATOR or below[DEPTH] <= ROLE_DEPTH[role], "too deep")
        given = ROLE_GRANTS.get(above[ROLE], set())
        require(above[ROLE] == ADMINISTRATOR or role in given, "role")
        require(all(covers(above, parents, region) for region in below[REGIONS]), "regions")
        for kind, access in below[KINDS]:
            limit = access_above(above, kind)
            require(limit is not None and not access & 3 & ~limit, "kinds")
            require(access & 4 or not limit & 4, "only the holder's own")


# What the server signs beside grants

SERVERS_RECORDS = {
    "verdict": 5,
    "decision": 5,
    "revocation": 8,
    "erasure": 5,
    "announcement": 6,
}


def read_signed(data, context, key, has_place):
    """The place, if it has one, and the fields of something the server signed."""
    payload, message = read_message(data, RECORD_BYTES_MAX)
    outer = decode(payload)
    require(type(outer) is list and len(outer) == (4 if has_place else 3), "another form")
    require(outer[0] == 1 and outer[1] == device_id(key), "another format or signer")
    place = outer[2] if has_place else None
    if has_place:
        require(type(place) is list and len(place) == 2, "place")
        require(is_uint(place[0], 1 << 32) and is_uint(place[1], 1 << 63) and place[1], "place")
    require(type(outer[-1]) is list, "not a record")
    verify_signature(message, context, key)
    return place, outer[-1]


def group_digest(entries):
    """Of (number, kind, digest of the record) each."""
    parts = [number.to_bytes(8, "big") + bytes([kind]) + digest for number, kind, digest in entries]
    return sha256(b"keting/group/1", *parts)


def is_cursor(value):
    return (
        type(value) is list
        and len(value) == 4
        and is_bytes(value[0], 16)
        and is_uint(value[1], 1 << 32)
        and is_uint(value[2], 1 << 63)
        and is_bytes(value[3], 32)
    )


def read_announcement(data, key):
    place, fields = read_signed(data, "keting/announcement/1", key, True)
    require(len(fields) == 6, "not an announcement")
    _, _, serial, urls, keys, at_ms = fields
    require(is_uint(serial, 1 << 63) and serial >= 1 and is_uint(at_ms, 1 << 47), "serial or time")
    require(type(urls) is list and 1 <= len(urls) <= 4, "urls")
    require(all(type(url) is str and 1 <= len(url.encode()) <= 256 for url in urls), "urls")
    require(type(keys) is list and 1 <= len(keys) <= 4, "keys")
    require(all(is_bytes(pin, 32) for pin in keys), "keys")
    require(len(set(urls)) == len(urls) and len(set(keys)) == len(keys), "one twice")
    return place, fields


def read_heard(data, key):
    _, fields = read_signed(data, "keting/heard/1", key, False)
    require(len(fields) == 4 and is_bytes(fields[0], 16) and is_cursor(fields[1]), "not heard")
    require(is_uint(fields[2], 1 << 47) and is_bytes(fields[3], 32), "time or group")
    return fields


def read_enrolment(data, key):
    _, fields = read_signed(data, "keting/enrolled/1", key, False)
    require(len(fields) == 8, "not an enrolment")
    lengths = [16, 16, 16, 32, 32, 32]
    require(all(is_bytes(*pair) for pair in zip(fields, lengths)), "a field of another length")
    grants = fields[6]
    require(type(grants) is list and 1 <= len(grants) <= 8, "grants")
    require(all(is_bytes(grant, 32) for grant in grants), "grants")
    require(is_uint(fields[7], 1 << 63), "announced")
    return fields


def read_ending(data, key):
    _, fields = read_signed(data, "keting/ended/1", key, False)
    require(len(fields) == 6, "not an ending")
    require(all(is_bytes(*pair) for pair in zip(fields, [16, 16, 16, 32])), "a field of another length")
    require(type(fields[4]) is str and 1 <= len(fields[4].encode()) <= 256, "why")
    require(is_uint(fields[5], 1 << 47), "time")
    return fields


# What is in the golden files


def check_grants():
    """The chain from the root key over the server to a head and his steward."""
    root = read_key(decode(golden("valid/key.root")))
    names = ["issuing", "head", "steward"]
    chain = [read_grant(golden(f"valid/grant.{name}")) for name in names]
    unit, micro_grid = chain[2][REGIONS][0], chain[1][REGIONS][0]
    parents = {unit: micro_grid}
    verify_chain(root, chain, parents, NOW)
    for wrong in (chain[1:], [chain[0], chain[2]]):
        must_refuse("a chain with a gap", lambda: verify_chain(root, wrong, parents, NOW))
    must_refuse("a unit elsewhere", lambda: verify_chain(root, chain, {}, NOW))
    must_refuse("an expired chain", lambda: verify_chain(root, chain, parents, NOW + 10**9))
    digests = [sha256(golden(f"valid/grant.{name}")) for name in names]
    require(chain[1][PARENT] == digests[0] and chain[2][PARENT] == digests[1], "parents")
    return chain, digests


def check_commits(chain, digests):
    """Three commits of the head, with the parts of the first."""
    head = chain[1]
    first = read_commit(golden("valid/commit.first"))
    later = read_commit(golden("valid/commit.replacing"))
    behind = read_commit(golden("valid/commit.following"))
    require([device_id(first["key"]), first["command"]] in behind["follows"], "follows")
    for commit in (first, later, behind):
        require(commit["grant"] == digests[1], "another grant")
        require(commit["key"] == holder(head), "not the grant's holder")
        require((commit["city"], commit["log"]) == (head[CITY], head[LOG]), "another city")
    require(later["replaces"] == [device_id(first["key"]), first["command"]], "replaces")
    for index in range(2):
        data = golden(f"valid/part.first_{index}")
        require(find_part(first, data) == index, "the part's place")
        must_refuse("a part of another commit", lambda: find_part(later, data))
        salt, document, change = decode(data)
        salted = cbor2.dumps([bytes([salt[0] ^ 1]) + salt[1:], document, change])
        must_refuse("a part with another salt", lambda: find_part(first, salted))
    return first


def check_log(chain, digests, commit):
    """The chain hash that the commit's author had seen: after the three grants."""
    link = sha256(b"keting/chain/1", chain[0][LOG], (1).to_bytes(4, "big"))
    for number, digest in enumerate(digests, start=1):
        link = sha256(b"keting/link/1", link, number.to_bytes(8, "big"), b"\4", digest)
    require(commit["seen"] == [1, 3, link[:8]], "the chain hash")


def check_server(chain, digests):
    """The server's records each at their place, its word on the log, and its proofs."""
    key = holder(chain[0])
    records = 0
    for path in sorted((GOLDEN / "valid").glob("*.hex")):
        kind = path.name.split(".")[0]
        if kind in SERVERS_RECORDS:
            data = bytes.fromhex(path.read_text())
            place, fields = read_signed(data, f"keting/{kind}/1", key, True)
            require(place == [1, 4] and len(fields) == SERVERS_RECORDS[kind], path.stem)
            records += 1
    city, log = chain[0][CITY], chain[0][LOG]
    _, announced = read_announcement(golden("valid/announcement.moving"), key)
    require(announced[:3] == [city, log, 1], "the announcement")
    heard = read_heard(golden("valid/heard.group"), key)
    require(heard[0] == city and heard[1][:3] == [log, 1, 3], "the cursor heard")
    require(heard[3] == group_digest([(3, 4, digests[2])]), "the group heard")
    proof = read_enrolment(golden("valid/enrolment.alice"), key)
    require(proof[:3] == [city, log, device_id(holder(chain[1]))], "the device enrolled")
    require(proof[5] == sha256(b"keting/invitation/1", b"\xab" * 16), "the secret's digest")
    require(proof[6] == digests[:2], "the grants given")
    ended = read_ending(golden("valid/ending.alice"), key)
    require(ended[:3] == [city, log, device_id(holder(chain[1]))], "the device ended")
    return records


def check_invalid(issuing):
    """Every invalid commit, grant, announcement, word and proof is refused here too."""
    readers = {
        "commit": read_commit,
        "grant": read_grant,
        "announcement": lambda data: read_announcement(data, issuing),
        "heard": lambda data: read_heard(data, issuing),
        "enrolment": lambda data: read_enrolment(data, issuing),
        "ending": lambda data: read_ending(data, issuing),
    }
    count = 0
    for path in sorted((GOLDEN / "invalid").glob("*.hex")):
        kind = path.name.split(".")[0]
        reader = readers.get(kind)
        if reader:
            data = bytes.fromhex(path.read_text())
            must_refuse(path.stem, lambda: reader(data))
            count += 1
    require(count > 0, "no invalid files were found")
    return count


def must_refuse(what, read):
    try:
        read()
    except Refused:
        return
    raise AssertionError(f"{what} was not refused")


def main():
    chain, digests = check_grants()
    commit = check_commits(chain, digests)
    check_log(chain, digests, commit)
    records = check_server(chain, digests)
    count = check_invalid(holder(chain[0]))
    print(
        f"verified: 3 grants, 3 commits, 2 parts, the log's chain, {records} records of the server,"
        f" its word, an enrolment and an end; refused: {count} invalid files"
    )


if __name__ == "__main__":
    try:
        main()
    except (Refused, AssertionError) as error:
        sys.exit(f"not as docs/protocol-records.md says: {error}")
