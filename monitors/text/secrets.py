"""Keys and tokens that say whose they are: a provider's prefix or form, and enough chance in the rest.

Forms are those the providers document. `hint` is a piece of text without which the pattern cannot match, so most texts
are done with after a few dozen searches for a constant. Blind to keys without a form, for which see `credentials`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from monitors.text import Finding
from monitors.text._entropy import bits, held

RANK = 0


class Form(NamedTuple):
    """One provider's keys: kind, a piece that is always there, the pattern, and the least entropy, bits a character."""

    kind: str
    hint: str
    pattern: re.Pattern[str]
    least: float = 3.0


def _form(kind: str, hint: str, body: str, least: float = 3.0) -> Form:
    return Form(f"secret.{kind}", hint, re.compile(rf"(?<![A-Za-z0-9_]){body}(?![A-Za-z0-9])"), least)


LONG = re.compile(r"\S{16}")  # no key is shorter, and few words are longer
W, B = r"[A-Za-z0-9]", r"[A-Za-z0-9_-]"
PEM = re.compile(
    r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY(?: BLOCK)?-----[A-Za-z0-9+/=\s:,.\\-]{64,8192}?"
    r"-----END [A-Z ]{0,20}PRIVATE KEY(?: BLOCK)?-----"
)
ACCOUNT = re.compile(r'"type"\s{0,4}:\s{0,4}"service_account"')
FORMS = (
    Form("secret.private_key", "PRIVATE KEY", PEM, 0.0),
    _form("jwt", "eyJ", rf"eyJ{B}{{8,4096}}\.eyJ{B}{{8,4096}}\.{B}{{16,1024}}", 3.5),
    _form("aws_key", "A", r"(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA)[A-Z0-9]{16}"),
    _form("aws_bedrock", "ABSK", r"ABSK[A-Za-z0-9+/]{109,269}={0,2}", 2.5),
    _form("aws_bedrock", "bedrock-api-key-", r"bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t[A-Za-z0-9+/=]{0,2048}"),
    _form("github", "gh", rf"gh[pousr]_{W}{{36,255}}"),
    _form("github", "github_pat_", r"github_pat_\w{22,255}"),
    _form("gitlab", "gl", rf"gl(?:pat|ptt|rt|dt|cbt|ft|soat|agent|imt|oas|ffct)-{B}{{20,64}}(?:\.{B}{{2,32}})?"),
    _form("gitlab", "GR1348941", rf"GR1348941{B}{{20}}"),
    _form("slack", "xox", r"xox[bpaors]-(?:\d{9,14}-){1,3}[A-Za-z0-9-]{16,64}"),
    _form("slack", "xoxe", r"xoxe(?:\.xox[bp])?-\d-[A-Za-z0-9]{140,170}"),
    _form("slack", "xapp-", r"xapp-\d-[A-Z0-9]{8,14}-\d{8,16}-[a-z0-9]{32,80}"),
    _form("slack", "hooks.slack.com",
    r"(?:https?://)?hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/]{24,80}", 3.0),
    _form("stripe", "k_", rf"(?:sk|rk)_(?:live|test|prod)_{W}{{16,120}}"),
    _form("stripe", "whsec_", rf"whsec_{W}{{24,64}}"),
    _form("openai", "T3BlbkFJ", rf"sk-(?:(?:proj|svcacct|admin)-)?{B}{{16,96}}T3BlbkFJ{B}{{16,96}}"),
    _form("openai", "sk-", rf"sk-(?:proj|svcacct|admin|None)-{B}{{40,200}}", 3.5),
    _form("anthropic", "sk-ant-", rf"sk-ant-(?:api|admin|sid|oat)\d\d-{B}{{80,120}}"),
    _form("google_api", "AIza", rf"AIza{B}{{35}}", 3.6),
    _form("google_oauth", "GOCSPX-", rf"GOCSPX-{B}{{28}}"),
    _form("google_oauth", "ya29.", rf"ya29\.{B}{{40,400}}"),
    Form("secret.google_service_account", "service_account", ACCOUNT, 0.0),
    _form("azure", "Q~", r"[A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}"),
    _form("azure", "AccountKey=", r"AccountKey=[A-Za-z0-9+/]{86}=="),
    _form("azure", "sig=", r"sig=[A-Za-z0-9%]{43,63}%3[dD]"),
    _form("hugging_face", "hf_", r"hf_[A-Za-z]{34}", 3.6),
    _form("hugging_face", "api_org_", r"api_org_[A-Za-z]{34}", 3.6),
    _form("databricks", "dapi", r"dapi[a-f0-9]{32}(?:-\d)?"),
    _form("vault", "hv", rf"hv[sbr]\.{B}{{24,300}}"),
    _form("vault", "s.", r"s\.[A-Za-z0-9]{24}", 3.8),
    _form("grafana", "gl", r"gl(?:c|sa)_[A-Za-z0-9+/_]{32,400}={0,2}"),
    _form("npm", "npm_", rf"npm_{W}{{36}}"),
    _form("pypi", "pypi-AgE", rf"pypi-AgE{B}{{50,1000}}"),
    _form("sendgrid", "SG.", rf"SG\.{B}{{22}}\.{B}{{43}}"),
    _form("twilio", "SK", r"SK[0-9a-f]{32}"),
    _form("mailgun", "key-", r"key-[0-9a-f]{32}"),
    _form("mailchimp", "-us", r"[0-9a-f]{32}-us\d{1,2}"),
    _form("telegram", ":AA", rf"\d{{8,10}}:AA{B}{{33}}"),
    _form("shopify", "shp", r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    _form("square", "sq0", rf"sq0(?:atp|csp)-{B}{{22,60}}"),
    _form("square", "EAAA", rf"EAAA{B}{{60}}"),
    _form("facebook", "EAA", rf"EAA[MC]{W}{{100,300}}"),
    _form("facebook", "|", rf"\d{{15,16}}\|{B}{{27,40}}"),
    _form("digitalocean", "_v1_", r"do[opr]_v1_[a-f0-9]{64}"),
    _form("cloud_secret", "sha256~", rf"sha256~{B}{{43}}", 3.6),
    _form("notion", "ntn_", rf"ntn_\d{{11}}{W}{{35}}"),
    _form("notion", "secret_", rf"secret_{W}{{43}}", 3.8),
    _form("octopus", "API-", r"API-[A-Z0-9]{26}"),
    _form("sourcegraph", "sgp_", r"sgp_(?:(?:[a-fA-F0-9]{16}|local)_)?[a-fA-F0-9]{40}"),
    _form("one_password", "ops_eyJ", r"ops_eyJ[A-Za-z0-9+/]{250,4096}={0,3}"),
    _form(
        "one_password", "A3-",
        r"A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}",
    ),
    _form("intra42", "s-s4t2", r"s-s4t2(?:ud|af)-[a-f0-9]{64}"),
    _form("linear", "lin_", rf"lin_(?:api|oauth)_{W}{{32,64}}"),
    _form("sentry", "sntry", r"sntry[su]_[A-Za-z0-9+/=_]{40,400}"),
    _form("perplexity", "pplx-", rf"pplx-{W}{{48}}"),
    _form("groq", "gsk_", rf"gsk_{W}{{52}}"),
    _form("replicate", "r8_", rf"r8_{W}{{37}}"),
    _form("atlassian", "ATATT3", r"ATATT3[A-Za-z0-9_\-=]{180,220}"),
    _form("atlassian", "ATCTT3", r"ATCTT3[A-Za-z0-9_\-=]{180,220}"),
    _form("dropbox", "sl.", rf"sl\.{B}{{130,152}}"),
    _form("postman", "PMAK-", r"PMAK-[a-f0-9]{24}-[a-f0-9]{34}"),
    _form("planetscale", "pscale_", r"pscale_(?:tkn|pw|oauth)_[\w=.-]{32,64}"),
    _form("doppler", "dp.pt.", rf"dp\.pt\.{W}{{43}}"),
    _form("new_relic", "NRAK-", r"NRAK-[A-Z0-9]{27}"),
    _form("terraform", ".atlasv1.", rf"{W}{{14}}\.atlasv1\.{B}{{60,70}}"),
    _form("pulumi", "pul-", r"pul-[a-f0-9]{40}"),
    _form("prefect", "pnu_", rf"pnu_{W}{{36}}"),
    _form("readme", "rdme_", r"rdme_[a-z0-9]{70}"),
    _form("rubygems", "rubygems_", r"rubygems_[a-f0-9]{48}"),
    _form("artifactory", "AKCp", rf"AKCp{W}{{69}}"),
    _form("clickhouse", "4b1d", rf"4b1d{W}{{38}}"),
    _form("age_key", "AGE-SECRET-KEY-1", r"AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}"),
    _form("fly", "fm", r"fm[12][ar]?_[A-Za-z0-9+/]{100,600}={0,3}"),
    _form("infracost", "ico-", rf"ico-{W}{{32}}"),
)  # fmt: skip
KINDS = tuple(dict.fromkeys(form.kind for form in FORMS))


def find(text: str, digits: str) -> list[Finding]:
    """Keys in `text`."""
    found: list[Finding] = []
    if not LONG.search(text) and "PRIVATE KEY" not in text:
        return found
    for form in FORMS:
        if form.hint in text:
            for m in form.pattern.finditer(text):
                value = m[0]
                if not form.least or (bits(value) >= form.least and not held(value)):
                    found.append(Finding(form.kind, *m.span()))
    return found
