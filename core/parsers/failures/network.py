"""Messages about the network, hubs and packages."""

from core.parsers.failures.pattern import failure

NETWORK = (
    failure(
        "certificate_refused",
        r"CERTIFICATE_VERIFY_FAILED|certificate verify failed|invalid peer certificate|self[- ]signed certificate",
    ),
    failure("proxy_login", r"\b407\b.*(?:proxy|authentication)|Proxy Authentication Required"),
    failure("proxy_failed", r"ProxyError|(?:Cannot|Unable to) connect to proxy|tunnel connection failed"),
    failure(
        "no_network",
        r"getaddrinfo failed|Name or service not known|Temporary failure in name resolution|nodename nor servname"
        r"|no such host|NameResolutionError|failed to lookup address|\[Errno 11001\]"
        r"|Network is unreachable|No route to host",
    ),
    failure(
        "hub_gated", r"GatedRepoError|Access to model .* is restricted|you must have access to it and be authenticated"
    ),
    failure("hub_not_found", r"RepositoryNotFoundError|Repo .* not exists"),
    failure(
        "hub_unreachable",
        r"couldn't connect to 'https?://[^']+'|outgoing traffic has been disabled|LocalEntryNotFoundError|\[E1020\]"
        r"|Unable to connect to the server\. Please check your network",
    ),
    failure("download_corrupt", r"integrity check failed|Consistency check failed|expected sha256 signature"),
    failure("package_hash_mismatch", r"Hash mismatch for `"),
    failure("package_hash_mismatch", r"PACKAGES DO NOT MATCH THE HASHES"),
    failure("packages_offline", r"network was disabled\. When the network is disabled"),
    failure(
        "package_no_wheel", r"(?<![\w.-])(?P<package>[\w.\[\]-]{1,60}==[\w.+!-]{1,40}) has no wheels with a matching"
    ),
    failure("package_build_failed", r"(?:Failed to build `|Failed building wheel for )(?P<package>[^`\s]+)"),
    failure("python_missing", r"No interpreter found for Python (?P<version>\S+)"),
    failure("python_unusable", r"Python installation found for (?:path|directory) `(?P<path>[^`]+)`"),
    failure("python_unusable", r"Failed to inspect Python interpreter .* at `(?P<path>[^`]+)`"),
    failure("packages_unsolvable", r"(?P<reason>No matching distribution found for \S+|resolution-too-deep)"),
)

NETWORK_GENERAL = (
    failure("packages_unsolvable", r"Because (?P<reason>.{1,300})"),
    failure("packages_unsolvable", r"(?P<reason>No solution found when resolving.{0,100})"),
    failure("http_refused", r"\b(?P<status>401|403)\b(?: Client Error)?:? (?:Unauthorized|Forbidden|for url)"),
    failure("http_missing", r"\b404(?: Client Error)?:? (?:Not Found|for url)"),
    failure("http_busy", r"\b429(?: Client Error)?:? Too Many Requests"),
    failure(
        "http_server_error", r"\b(?P<status>50[0-4])\b(?: Server Error)?:? (?:Internal|Bad Gateway|Service|Gateway)"
    ),
    failure(
        "connection_reset",
        r"Connection (?:was )?reset|ECONNRESET|WinError 1005[34]|RemoteDisconnected|IncompleteRead|Connection broken",
    ),
    failure(
        "connection_timed_out",
        r"ReadTimeout|ConnectTimeout|Connection timed out|Read timed out|operation timed out"
        r"|WinError 10060|\[Errno 110\]",
    ),
    failure("connection_refused", r"Connection refused|WinError 10061|ECONNREFUSED|actively refused"),
    failure("network_failed", r"Request failed after \d+ retries|Failed to fetch: |Max retries exceeded"),
)
