"""Models and datasets from hubs, tokens, and git."""

from core.messages.text import Text

MESSAGES: dict[str, Text] = {
    "stage_fetch": Text("Download", ""),
    "hub_fetched": Text("{id} is on this computer ({size:size}): {path}", ""),
    "hub_id_invalid": Text(
        "{id} is not the name of a model or dataset on a hub.",
        "Write OWNER/NAME as its page shows it, for example Qwen/Qwen2.5-0.5B-Instruct.",
    ),
    "hub_revision_invalid": Text(
        "{revision} cannot be a branch, tag or commit.",
        "Write it as the hub's page shows it, or leave it empty.",
    ),
    "hub_address_password": Text(
        "The address holds a user name or a password, which others could read.",
        'Leave it out. A token for a hub is kept by "tunesmith token set modelscope".',
    ),
    "hub_repo_missing": Text(
        "{hub} has nothing named {id} that you may see.",
        'Check the name, and on which hub it lies. If it is private: "tunesmith token set {hub}".',
    ),
    "hub_revision_unknown": Text(
        "{id} has no branch, tag or commit named {revision}.",
        "Choose one that its page shows, or leave the revision empty.",
    ),
    "hub_refused": Text(
        "{hub} does not let you fetch {id} (HTTP {status}).",
        "Log in on its page and accept the conditions there, make a token, and keep it with "
        '"tunesmith token set {hub}".',
    ),
    "hub_answer": Text(
        "{hub} gave an answer that is of no use (HTTP {status}).", "Run again later, or use another hub."
    ),
    "hub_no_files": Text(
        "{id} holds no file that is wanted here.",
        "Look at its page: it may hold GGUF or ONNX files only. --include takes files by their names.",
    ),
    "hub_unsafe_name": Text(
        "{id} has a file whose name cannot be used: {name}",
        "Fetch it by hand if you trust it, and give the folder.",
    ),
    "hub_hash_wrong": Text(
        "{name} arrived damaged several times: its SHA-256 is not the one that the hub names.",
        "Run again; without a proxy or mirror, if one is set. If it stays so, use the other hub.",
    ),
    "hub_length_wrong": Text(
        "{name} does not have the length that the hub names.",
        "Run again; without a proxy or mirror, if one is set. If it stays so, use the other hub.",
    ),
    "fetch_folder_taken": Text(
        "There are files already in {path}, which Tunesmith did not fetch.",
        "Choose another folder, or an empty one.",
    ),
    "hub_dataset_no_rows": Text(
        "The dataset {id} has no files of rows that can be read. Found: {found}",
        "Files must end in one of: {expected}. Save the rows as such a file, and give that.",
    ),
    "hub_subset_needed": Text(
        "The dataset {id} has several subsets.",
        "Name one of them, as in {id}:SUBSET. There are: {known}",
    ),
    "hub_subset_unknown": Text(
        "The dataset {id} has no subset or split named {name}.",
        "Choose one of these: {known}",
    ),
    "git_missing": Text(
        "The program git is missing.",
        "Install it from git-scm.com or with your system's package manager, or fetch from a hub without git.",
    ),
    "git_lfs_missing": Text(
        "git's extension for large files (git-lfs) is missing.",
        "Install it from git-lfs.com or with your system's package manager, or fetch from a hub without git.",
    ),
    "git_refused": Text(
        "The git server does not let you fetch {id}.",
        'On ModelScope: "tunesmith token set modelscope". Elsewhere: clone it once by hand, so that git keeps the '
        "login.",
    ),
    "git_failed": Text("git could not fetch the files: {reason}", "Run again: it goes on where it was."),
    "keyring_missing": Text(
        "This computer has no keyring that could keep the token.",
        "On Linux install and unlock GNOME Keyring or KWallet. Without one, set {variable} in the environment for as "
        "long as you need it.",
    ),
    "keyring_refused": Text("The system's keyring refused: {reason}", "Unlock it, and run again."),
    "token_kept": Text("The token for {hub} is in the system's keyring.", ""),
    "token_removed": Text("There is no token for {hub} in the system's keyring any more.", ""),
    "token_invalid": Text(
        "That is no token for {hub}.",
        "Copy it from the hub's page of access tokens: letters, digits and hyphens, without spaces.",
    ),
}
