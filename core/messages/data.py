"""Datasets."""

from core.messages.text import Text

MESSAGES: dict[str, Text] = {
    "swift_encoding": Text(
        "A dataset file is not UTF-8: {codec} cannot read the byte at position {position}.",
        "Save the file as UTF-8, or choose it again: Tunesmith recognises GB18030 and converts it.",
    ),
    "swift_rows_broken": Text(
        "ms-swift could not read the dataset: {reason}",
        'Run "tunesmith check": it names the broken lines.',
    ),
    "swift_dataset_missing": Text("A dataset file is missing: {path}", "Run again: the dataset is prepared anew."),
    "swift_column_missing": Text(
        "The dataset has no column {column}.",
        "Use one of the known forms: messages, ShareGPT, Alpaca or query/response.",
    ),
    "swift_columns_mixed": Text(
        "The rows of the dataset do not have the same columns.",
        "Put rows of different forms into files of their own.",
    ),
    "swift_no_rows": Text(
        "No row of the dataset could be used.",
        'Run "tunesmith check": it counts the rows and says what is wrong with them.',
    ),
    "swift_rows_too_long": Text(
        "ms-swift dropped all rows, because they are longer than the maximum length or broken.",
        "Raise the maximum length, or let longer rows be cut off (right).",
    ),
    "calibration_rows_missing": Text(
        "Quantizing needs rows to measure on, and none were given.",
        "Add dataset files, or turn AWQ off.",
    ),
    "dataset_missing": Text(
        "There is no dataset file at {path}",
        "Check the path; relative paths begin at the project file.",
    ),
    "dataset_is_folder": Text("{path} is a folder, not a dataset file.", "Name the files in it one by one."),
    "dataset_unreadable": Text(
        "The dataset file {path} cannot be read: {reason}",
        "Check that it is not open elsewhere and that you may read it.",
    ),
    "dataset_suffix": Text("{path} is not of a known kind ({suffix}).", "Use a file that ends in one of: {expected}"),
    "dataset_file_empty": Text("The dataset file {path} is empty.", "Choose a file with rows."),
    "dataset_lfs_pointer": Text(
        "{path} is only a pointer of Git LFS, not the data itself.",
        'Fetch the data with "git lfs pull", or download the file from the hub\'s page.',
    ),
    "dataset_encoding": Text(
        "The encoding of {path} is not known (line {line}): neither UTF-8 nor GB18030.",
        "Save the file as UTF-8.",
    ),
    "dataset_json": Text(
        "{path} is not valid JSON at line {line}.",
        "Correct that line; in a .jsonl file each line is one object.",
    ),
    "dataset_json_object": Text(
        "{path} holds one JSON object where a list of rows is expected.",
        "Put the rows into square brackets, or save them as .jsonl.",
    ),
    "dataset_csv_header": Text(
        "The first line of {path} names no usable columns: {columns}",
        "Let the first line name the columns, for example query,response.",
    ),
    "dataset_columns": Text(
        "{path} has columns that are not known: {columns}",
        "Use one of the known forms: {expected}",
    ),
    "dataset_take": Text(
        "{entry} does not say how many rows to take.",
        "Write FILE#NUMBER with a whole number from 1 to {most}.",
    ),
    "dataset_no_files": Text(
        "There is nothing to train on: no dataset file, and no self-cognition rows.",
        "Add a dataset file, or set the number of self-cognition rows.",
    ),
    "dataset_empty": Text(
        "No row of the dataset can be used ({bad} are bad).",
        'Run "tunesmith check": it says what is wrong with them.',
    ),
    "dataset_bad_rows": Text(
        "{count} rows of the dataset cannot be used. The first:{first}",
        'Correct them, or choose "drop" for rows that cannot be used. A run lists all of them in {report}',
    ),
    "dataset_duplicates": Text("{count} rows of the dataset stand there more than once. The first: {first}", ""),
    "rows_prepared": Text(
        "Prepared {train} rows to train on, {val} to measure on; {identity} of them are about the model's "
        "name and author.",
        "",
    ),
    "rows_refused": Text(
        "ms-swift cannot use {count} rows of the dataset. The first:{first}",
        'Correct them, or choose "drop" for rows that cannot be used. All are listed in {report}',
    ),
    "rows_too_long": Text(
        "{count} rows of the dataset are longer than {limit} tokens; the longest has {longest}. The first:{first}",
        "Raise the maximum length, or choose what happens to longer rows: delete, right or left. "
        "All are listed in {report}",
    ),
    "rows_left_out": Text(
        "Left out {count} rows of the dataset: {unusable} that cannot be used, {refused} that ms-swift refuses, {long} "
        "longer than {limit} tokens. The first:{first}",
        "All are listed in {report}",
    ),
    "rows_cut": Text(
        "{count} rows of the dataset are longer than {limit} tokens and will be cut off. The first:{first}",
        "All are listed in {report}",
    ),
    "rows_all_left_out": Text(
        "No row is left to train on: {count} rows cannot be used, or are longer than {limit} tokens.",
        "Raise the maximum length, or correct the rows. All are listed in {report}",
    ),
    "row_of_file": Text("{file}:{line}: {reason}", ""),
    "row_about_itself": Text("A row about the model's name and author (“{question}”): {reason}", ""),
    "row_too_long": Text("{tokens} tokens, with {limit} allowed.", ""),
    "row_cut": Text("{tokens} tokens, cut off to {limit}.", ""),
    "row_refused": Text("ms-swift refuses it: {said}", ""),
    "row_nothing_learnt": Text("Nothing of an answer is left to learn from.", ""),
    "self_cognition_empty": Text(
        "A name for the self-cognition rows is missing.",
        "Enter it, or set the number of self-cognition rows to 0.",
    ),
    "self_cognition_braces": Text(
        "The name {name} holds braces, which stand for a placeholder.",
        "Write the name without braces.",
    ),
    "json_syntax": Text("It is not valid JSON: {excerpt}", ""),
    "json_depth": Text("Lists and objects stand in each other too deeply: {excerpt}", ""),
    "json_not_object": Text("It is not a JSON object: {excerpt}", ""),
    "key_repeated": Text("The name {key} stands there twice: only one of its values could be used.", ""),
    "csv_syntax": Text("A quote is not closed or stands in the wrong place; the row takes {lines} lines.", ""),
    "csv_columns": Text("It has {found} cells where the first line names {expected} columns: {excerpt}", ""),
    "row_columns": Text("The columns are not known: {columns}", ""),
    "row_unsupported": Text("The column {column} is not supported.", ""),
    "messages_not_list": Text("The messages are not a list: {excerpt}", ""),
    "message_not_object": Text("A message is not an object: {excerpt}", ""),
    "role_unknown": Text("A message has an unknown role: {role}", ""),
    "role_order": Text("Message {position} is out of turn ({role}): user and assistant must alternate.", ""),
    "content_not_text": Text("The content is not a text: {excerpt}", ""),
    "history_shape": Text("The history is not a list of question and answer pairs: {excerpt}", ""),
    "no_messages": Text("There are no messages.", ""),
    "no_answer": Text("There is no answer at the end.", ""),
    "answer_empty": Text("The answer is empty.", ""),
    "content_blank": Text("A message is empty.", ""),
    "nul_bytes": Text("The text holds NUL characters.", ""),
    "invalid_unicode": Text("The text holds characters that are not valid Unicode.", ""),
    "placeholder_left": Text("The placeholder {placeholder} was not filled in.", ""),
}
