import assert from "node:assert/strict";
import { test } from "node:test";
import { renderProblems } from "../../src/pipelines/problem.ts";
import { readSamplesheet } from "../../src/pipelines/read-samplesheet.ts";

const read = (text: string) => readSamplesheet(text, { source: "s.csv" });
const lines = (text: string): string[] => {
  const { samples, problems } = read(text);
  assert.equal(samples.length === 0, problems.length > 0);
  return renderProblems("s.csv", problems).split("\n");
};

test("rows of one sample are grouped in order, as lanes are", () => {
  const { samples, columns } = read("sample,fastq_1,fastq_2\nB,b1,b2\nA,a1,\nB,b3,b4\n");
  assert.deepEqual(columns, ["sample", "fastq_1", "fastq_2"]);
  assert.deepEqual(samples, [
    {
      sample: "B",
      rows: [
        { sample: "B", fastq_1: "b1", fastq_2: "b2" },
        { sample: "B", fastq_1: "b3", fastq_2: "b4" },
      ],
    },
    { sample: "A", rows: [{ sample: "A", fastq_1: "a1", fastq_2: "" }] },
  ]);
});

test("a byte order mark, CRLF, blank lines, rows of commas, blanks and quotes are what spreadsheets write", () => {
  const { samples, problems } = read(
    '\ufeff"sample", "reads"\r\n\r\n A , "a, ""b"" c" \r\n,,\r\nB,x\r\n\r\n',
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(
    samples.map(({ rows }) => rows[0]?.["reads"]),
    ['a, "b" c', "x"],
  );
});

test("a sheet is TSV when its first line has tabs", () => {
  assert.deepEqual(read("sample\treads\nA\ta,b.fq\n").samples[0]?.rows, [{ sample: "A", reads: "a,b.fq" }]);
});

test("old Mac line ends are line ends", () => assert.equal(read("sample\rA\rB").samples.length, 2));

const NAME_FORM =
  'is no sample name: letters, digits, ".", "_" and "-", starting with a letter or digit, at most 63';

/** Bad input, and what it gets. */
const TABLE: readonly (readonly [name: string, text: string, ...expected: string[]])[] = [
  [
    "an empty file",
    "",
    "s.csv:1:1  s.csv is empty: its first line names the columns, such as sample,fastq_1,fastq_2",
  ],
  [
    "a sheet without rows",
    "sample,f\n\n",
    "s.csv:1:1  s.csv has no rows: each line after the first is one sample",
  ],
  ["no column sample", "id,f\nA,1\n", 's.csv:1:1  there is no column "sample"; the columns are id, f'],
  [
    "a column Sample",
    "Sample,f\nA,1\n",
    's.csv:1:1  there is no column "sample"; the columns are Sample, f; is it "Sample"? write it as sample',
  ],
  [
    "semicolons",
    "sample;f\nA;1\n",
    's.csv:1:1  there is no column "sample"; the columns are sample;f; cells are separated by commas or tabs, not by semicolons',
  ],
  ["a sample that leaves its folder", "sample,f\n../x,1\n", `s.csv:2:1  sample  "../x" ${NAME_FORM}`],
  ["a sample that is a command", "sample,f\n\na;rm,1\n", `s.csv:3:1  sample  "a;rm" ${NAME_FORM}`],
  ["a row without a sample", "sample,f\n,1\n", "s.csv:2:1  sample  the sample has no name"],
  [
    "samples equal but for case",
    "sample,f\nA,1\na,2\n",
    's.csv:3:1  sample  the samples "A" and "a" differ only in case: their jobs would have equal names',
  ],
  [
    "a column named path",
    "sample,path\nA,1\n",
    's.csv:1:1  path  "path" cannot be a column: PATH belongs to the shell; give the column another name',
  ],
  [
    "a column named ld_preload",
    "sample,ld_preload\nA,1\n",
    's.csv:1:1  ld_preload  "ld_preload" cannot be a column: LD_PRELOAD belongs to the loader; give the column another name',
  ],
  [
    "a column of ours",
    "sample,output_dir\nA,1\n",
    's.csv:1:1  output_dir  "output_dir" cannot be a column: OUTPUT_DIR belongs to BioAgent; give the column another name',
  ],
  [
    "columns with a hyphen and a blank",
    "sample,fastq-1,FASTQ 2\nA,1,2\n",
    's.csv:1:1  fastq-1  "fastq-1" cannot be a column: a column\'s name is letters, digits and _, starting with a letter, at most 60; call it fastq_1',
    's.csv:1:1  ["FASTQ 2"]  "FASTQ 2" cannot be a column: a column\'s name is letters, digits and _, starting with a letter, at most 60; call it fastq_2',
  ],
  ["a column twice", "sample,f,f\nA,1,2\n", 's.csv:1:1  f  the column "f" is there twice'],
  [
    "columns equal but for case",
    "sample,f,F\nA,1,2\n",
    's.csv:1:1  F  the columns "f" and "F" are both seen as F',
  ],
  [
    "a column without a name",
    "sample,f,\nA,1,\n",
    "s.csv:1:1  column 3 has no name (a separator too many at the end of the line?)",
  ],
  [
    "ragged rows",
    "sample,f\nA\nB,1,2\nC,1\n",
    "s.csv:2:1  the row has 1 cell, the first line 2 columns",
    "s.csv:3:1  the row has 3 cells, the first line 2 columns",
  ],
  [
    "the same row twice",
    "sample,f\nA,1\nB,1\nA,1\n",
    "s.csv:4:1  the same row as line 2: its files would be used twice",
  ],
  [
    "NUL in a cell",
    "sample,f\nA,x\u0000y\n",
    "s.csv:2:1  f  a cell has no line ends, tabs or control characters",
  ],
  [
    "a line end in a cell, and lines counted after it",
    'sample,f\nA,"x\ny"\nB\n',
    "s.csv:2:1  f  a cell has no line ends, tabs or control characters",
    "s.csv:4:1  the row has 1 cell, the first line 2 columns",
  ],
  [
    "a quote that is never closed",
    'sample,f\nA,1\nB,"2\nC,3\n',
    's.csv:3:1  a quote (") is opened and never closed',
  ],
  [
    "a quote inside a cell",
    'sample,f\nA,5" tip\n',
    's.csv:2:1  a quote (") inside a cell: put the whole cell into quotes and write the inner one twice ("")',
  ],
  [
    "text after a quote",
    'sample,f\nA,"1"x\n',
    's.csv:2:1  after the closing quote (") comes more text; a quote inside a cell is written twice ("")',
  ],
];
for (const [name, text, ...expected] of TABLE) {
  test(`${name}: named with its line`, () => assert.deepEqual(lines(text), expected));
}

test("a thousand wrong rows are told in twelve lines", () => {
  const rendered = lines(`sample,f\n${"../x,1,2\n".repeat(1000)}`);
  assert.equal(rendered.length, 12);
  assert.match(rendered.at(-1)!, /^\.\.\. and \d+ more$/);
});

test("100,000 rows are taken, one more is refused", () => {
  const rows = Array.from({ length: 100_000 }, (_, index) => `S${index}`).join("\n");
  assert.equal(read(`sample\n${rows}\n`).samples.length, 100_000);
  assert.deepEqual(lines(`sample\n${rows}\nlast\n`), ["s.csv:100002:1  more than 100000 rows"]);
});

test("more than 500 columns, and more than 50 MiB, are refused", () => {
  const columns = Array.from({ length: 500 }, (_, index) => `c${index}`).join(",");
  assert.deepEqual(lines(`sample,${columns}\nA\n`), ["s.csv:1:1  501 columns; at most 500"]);
  assert.deepEqual(lines("a".repeat(50 * 2 ** 20 + 1)), ["s.csv:1:1  the sheet is larger than 50 MiB"]);
});

test("values that no process can be given are refused before any job starts", () => {
  const rows = Array.from({ length: 2000 }, (_, index) => `A,${index}${"x".repeat(60)}`).join("\n");
  assert.deepEqual(lines(`sample,reads\n${rows}\n`), [
    "s.csv:2:1  the values of sample A are too long for the variable READS: at most 100000 characters",
  ]);
});
