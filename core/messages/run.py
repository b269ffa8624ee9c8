"""Projects, settings and runs."""

from core.messages.text import Text

MESSAGES: dict[str, Text] = {
    "project_missing": Text(
        "There is no project file at {path}",
        'Make one with "tunesmith init", or check the path.',
    ),
    "project_unreadable": Text(
        "The project file {path} cannot be read: {reason}",
        "Check that the file is not open elsewhere and that you may read it.",
    ),
    "project_is_folder": Text(
        "{path} is a folder, not a project file.",
        "Name the file, for example my.tunesmith.",
    ),
    "project_encoding": Text("The project file {path} is not UTF-8.", "Save it as UTF-8 in your editor."),
    "project_toml": Text(
        "The project file is not valid TOML: {reason}",
        "Correct the named line; texts stand in double quotes.",
    ),
    "project_newer": Text(
        "The project file was made by a newer Tunesmith (version {version} of the file).",
        "Update Tunesmith.",
    ),
    "project_unknown_key": Text(
        "There is no setting {key}.",
        'Check the spelling, or delete the line. "tunesmith init" writes a file with all basic settings.',
    ),
    "project_missing_key": Text(
        "The setting {key} is missing.",
        'Add it; "tunesmith init" writes a file with all basic settings.',
    ),
    "project_wrong_int": Text(
        "A whole number is expected here, not {got}.",
        "Write it without quotes and without a decimal point, for example 8.",
    ),
    "project_wrong_float": Text("A number is expected here, not {got}.", "Write it without quotes, for example 0.05."),
    "project_wrong_bool": Text("Yes or no is expected here, not {got}.", "Write true or false, without quotes."),
    "project_wrong_string": Text("A text is expected here, not {got}.", "Put it in double quotes."),
    "project_wrong_tuple": Text(
        "A list is expected here, not {got}.",
        'Put it in square brackets, for example ["a", "b"].',
    ),
    "project_wrong_table": Text(
        "A section with settings is expected here, not {got}.",
        "Write the section's name in square brackets, and its settings below.",
    ),
    "project_out_of_range": Text("{got} is not possible here (allowed: {limits}).", "Choose a value that is allowed."),
    "settings_invalid": Text(
        "The settings file {path} is not valid: {reason}",
        "Correct it, or delete it to go back to the defaults.",
    ),
    "already_running": Text(
        "This project is being run already (process {pid}).",
        'Watch it with "tunesmith status", or end it with "tunesmith stop".',
    ),
    "shared_in_use": Text(
        "{path} cannot be made anew or removed now: a run of {project} works with it (process {pid}).",
        'Wait until that run has ended, or end it with "tunesmith stop"; then try again.',
    ),
    "shared_being_made": Text(
        "{path} cannot be removed now: a run is just making or checking it.",
        "Try again when that run has got further, or has ended.",
    ),
    "journal_newer": Text("A run was made by a newer Tunesmith: {path}", "Update Tunesmith."),
    "runner_died": Text("The run was cut off.", "Run again: it goes on where it was. Its log: {log}"),
    "runner_silent": Text("The run did not start.", "Look into its log, and run again: {log}"),
    "orphans_ended": Text("Ended {count} processes that an earlier run had left behind.", ""),
    "unknown_failure": Text(
        "The stage {stage} failed for a reason that Tunesmith does not know.",
        "Read the last lines of the log: {log}",
    ),
    "child_failed": Text("The program ended with exit code {exit}.", "Read the last lines of the log; then run again."),
    "program_hangs": Text("The program did not end in time and was ended.", "Read the log; then run again."),
    "program_not_started": Text(
        "The program {program} could not be started: {reason}",
        'Run "tunesmith doctor" to see what is missing.',
    ),
    "internal_error": Text(
        "Tunesmith itself made a mistake.",
        "Please report it with the log. Finished stages are kept; running again may help.",
    ),
    "os_error": Text(
        "The system reports for {path}: {reason}",
        "Check that the folder exists and can be written to, and run again.",
    ),
    "disk_space": Text(
        "The disk is too full: {needed:size} are needed, {free:size} are free at {path}",
        "Free some space, or choose another work folder in the settings.",
    ),
    "folder_not_writable": Text("The folder cannot be written to: {path}", "Choose a folder inside your user folder."),
    "stop_requested": Text("Stopping: what is finished is kept.", ""),
    "tool_missing": Text("The program {tool} is missing.", "How to get it: {how}"),
    "demo_proved": Text("It worked: the tuned model says its name and author, the base model does not.", ""),
    "demo_not_proved": Text(
        "The tuned model does not say its name and author, or the base model does too.",
        "Run the demo again with --dir and another folder.",
    ),
    "demo_without_ollama": Text(
        "All is done but the last part: without Ollama the models cannot be asked.",
        "Install Ollama from ollama.com, start it, and run the demo again: it goes on from there.",
    ),
    "project_exists": Text(
        "There is a project file at {path} already.",
        "Choose another name, or overwrite it with --force.",
    ),
    "stages_reversed": Text(
        "The stage {last} comes before {first}, so a run from {first} until {last} would do nothing.",
        "Exchange the two, or leave one out.",
    ),
    "project_renamed": Text(
        "The folder {before}.artifacts belongs to no project file here. If this project was called {before} before, "
        "all is made again under its new name.",
        'To go on with it instead: end this run with "tunesmith stop", delete {now}.artifacts and {now}.runs, give '
        "{before}.artifacts and {before}.runs these names, and run again.",
    ),
    "stage_unknown": Text("This run has no stage {stage}.", "Choose one of: {known}"),
    "run_working": Text("The run is not finished yet.", ""),
    "run_not_finished": Text("There is no finished run yet.", "Start it, or press Resume."),
}
