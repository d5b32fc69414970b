//! What other programs' readers make of the output.

use proptest::prelude::*;

use super::*;

const UNGUARDED: Options = Options {
    formula_guard: false,
    ..TO_FILE
};

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ ,\"\r\n\t\\\\a=é]{0,12}",
        "[a,\"\r\n]{60,80}",
    ]
}

proptest! {
    #[test]
    fn csv_reads_back_through_the_csv_crate(
        cells in prop::collection::vec(prop::array::uniform3(cell()), 0..6),
    ) {
        let rows: Vec<Vec<Value<'_>>> =
            cells.iter().map(|row| row.iter().map(|cell| text(cell)).collect()).collect();
        let written = render(Format::Csv, text_headings(["a", "b", "c"]), &rows, UNGUARDED);
        let mut reader = ::csv::Reader::from_reader(written.as_bytes());
        prop_assert_eq!(reader.headers().unwrap(), vec!["a", "b", "c"]);
        let read: Vec<[String; 3]> = reader
            .records()
            .map(|record| [0, 1, 2].map(|i| record.as_ref().unwrap()[i].to_owned()))
            .collect();
        prop_assert_eq!(read, cells);
    }

    #[test]
    fn csv_of_one_column_keeps_its_empty_rows(cells in prop::collection::vec(cell(), 0..6)) {
        let rows: Vec<Vec<Value<'_>>> = cells.iter().map(|cell| vec![text(cell)]).collect();
        let written = render(Format::Csv, text_headings(["a"]), &rows, UNGUARDED);
        let mut reader = ::csv::Reader::from_reader(written.as_bytes());
        let read: Vec<String> = reader.records().map(|record| record.unwrap()[0].to_owned()).collect();
        prop_assert_eq!(read, cells);
    }

    #[test]
    fn guarded_cells_begin_no_formula_and_lose_nothing(cell in "[ \t\r\n=+@＝a0-]{0,6}") {
        let written = render(Format::Csv, text_headings(["a"]), &[vec![text(&cell)]], TO_FILE);
        let mut reader = ::csv::Reader::from_reader(written.as_bytes());
        let read = reader.records().next().unwrap().unwrap()[0].to_owned();
        let guarded = format!("'{cell}");
        prop_assert!(read == cell || read == guarded);
        let is_number = read.trim().parse::<f64>().is_ok();
        let begins_formula = read.trim_start().starts_with(['=', '+', '-', '@', '＝']);
        prop_assert!(is_number || !begins_formula, "{:?}", read);
    }

    #[test]
    fn tsv_has_as_many_lines_and_cells_as_rows_and_columns(
        cells in prop::collection::vec(prop::array::uniform3(cell()), 0..6),
    ) {
        let rows: Vec<Vec<Value<'_>>> =
            cells.iter().map(|row| row.iter().map(|cell| text(cell)).collect()).collect();
        let written = render(Format::Tsv, text_headings(["a", "b", "c"]), &rows, UNGUARDED);
        let lines: Vec<&str> = written.strip_suffix('\n').unwrap().split('\n').collect();
        prop_assert_eq!(lines.len(), rows.len() + 1);
        for (line, row) in lines[1..].iter().zip(&cells) {
            let read: Vec<String> = line.split('\t').map(unescape).collect();
            prop_assert_eq!(&read[..], &row[..]);
        }
    }

    #[test]
    fn json_reads_back_through_serde_json(
        cells in prop::collection::vec((cell(), any::<i64>(), any::<bool>(), prop::option::of(cell())), 0..6),
        is_terminal: bool,
    ) {
        let mut headings = text_headings(["text", "embedded", "\"odd\\key\u{1}"]);
        headings.push(Heading::new("int", Some(Kind::Int)));
        headings.push(Heading::new("bool", Some(Kind::Bool)));
        let pretty: Vec<String> = cells
            .iter()
            .map(|(text, int, ..)| serde_json::to_string_pretty(&serde_json::json!({ text: [int, text] })).unwrap())
            .collect();
        let rows: Vec<Vec<Value<'_>>> = cells
            .iter()
            .zip(&pretty)
            .map(|((word, int, truth, odd), pretty)| vec![
                text(word),
                Value::Json(pretty.into()),
                odd.as_deref().map_or(Value::Null, text),
                Value::Int(*int),
                Value::Bool(*truth),
            ])
            .collect();
        let expected: Vec<serde_json::Value> = cells
            .iter()
            .map(|(word, int, truth, odd)| {
                let mut object = serde_json::json!({
                    "text": word,
                    "embedded": { word: [int, word] },
                    "int": int,
                    "bool": truth,
                });
                if let Some(odd) = odd {
                    object["\"odd\\key\u{1}"] = odd.as_str().into();
                }
                object
            })
            .collect();
        let options = Options { is_terminal, ..TO_FILE };
        let written = render(Format::Json, headings.clone(), &rows, options);
        let read: Vec<serde_json::Value> = serde_json::from_str(&written).unwrap();
        prop_assert_eq!(&read, &expected);
        let written = render(Format::Ndjson, headings, &rows, options);
        let read: Vec<serde_json::Value> = written
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        prop_assert_eq!(read, expected);
    }
}

fn unescape(cell: &str) -> String {
    let mut out = String::new();
    let mut chars = cell.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '\\' => match chars.next().unwrap() {
                't' => '\t',
                'n' => '\n',
                'r' => '\r',
                c => c,
            },
            c => c,
        });
    }
    out
}
