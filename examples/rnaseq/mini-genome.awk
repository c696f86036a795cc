# awk -f mini-genome.awk transcripts.fa annotation.gtf
#
# Writes genome.fa and genes.gtf into the current directory: only the stretches of the chromosomes that hold the given
# transcripts. Exons get the bases of their transcripts, all between them is random (the same in each run).

BEGIN { FS = OFS = "\t"; margin = 500; state = 20260227 }

FNR == NR && /^>/ { transcript = substr($0, 2); next }
FNR == NR { sequence[transcript] = sequence[transcript] $0; next }

$3 == "exon" && (transcript = attribute("transcript_id")) in sequence {
  lines[++exons] = $0
  # Ensembl lists the exons of a transcript in its own direction
  place($1, $4, $5, $7, substr(sequence[transcript], used[transcript] + 1, $5 - $4 + 1))
  used[transcript] += $5 - $4 + 1
  if (!($1 in low) || $4 < low[$1]) low[$1] = $4
  if ($5 > high[$1]) high[$1] = $5
}

END {
  for (transcript in sequence)
    if (used[transcript] != length(sequence[transcript])) fail(transcript ": exons and sequence differ in length")
  # in a fixed order, because `for (chromosome in low)` has none
  for (number = 1; number <= 22; number++) if (number in low) write_chromosome(number)
  for (i = 1; i <= exons; i++) write_exon(lines[i])
}

function attribute(name,    parts) {
  split($9, parts, name " \"")
  return substr(parts[2], 1, index(parts[2], "\"") - 1)
}

function place(chromosome, start, end, strand, bases,    i) {
  for (i = start; i <= end; i++)
    base[chromosome, i] = strand == "+" ? substr(bases, i - start + 1, 1) : complement(substr(bases, end - i + 1, 1))
}

function complement(letter) { return substr("TGCA", index("ACGT", letter), 1) }

function write_chromosome(chromosome,    i, line) {
  print ">" chromosome > "genome.fa"
  for (i = low[chromosome] - margin; i <= high[chromosome] + margin; i++) {
    line = line letter_at(chromosome, i)
    if (length(line) == 60) { print line > "genome.fa"; line = "" }
  }
  print line > "genome.fa"
}

function letter_at(chromosome, i) {
  if ((chromosome, i) in base) return base[chromosome, i]
  # Lehmer's generator: awk's own rand() differs between awks
  state = (state * 16807) % 2147483647
  return substr("ACGT", state % 4 + 1, 1)
}

function write_exon(line,    fields, shift) {
  split(line, fields, "\t")
  shift = low[fields[1]] - margin - 1
  print fields[1], fields[2], fields[3], fields[4] - shift, fields[5] - shift, fields[6], fields[7], fields[8], fields[9] > "genes.gtf"
}

function fail(message) { print message > "/dev/stderr"; exit 1 }
