#!/usr/bin/env bash
# Makes a small study for examples/rnaseq.yaml out of the example data of Debian's kallisto package:
#
#   examples/rnaseq/prepare.sh DIR
#
# DIR/samples.csv   four samples: three with read pairs (one of them on two lanes), one with single reads
# DIR/input/        2,500 reads or read pairs of each, 50 bases long
# DIR/reference/    genome.fa, genes.gtf, transcripts.fa
#
# The package has 14 real transcripts of 10 human genes, and no genome. So the genome here is a miniature: the two
# stretches of chromosomes 5 and 12 that hold these genes, with the transcripts' bases where the annotation puts them
# and random bases between. See mini-genome.awk.
set -euo pipefail

PACKAGES="fastqc trim-galore rna-star salmon multiqc kallisto-examples"
DATA=/usr/share/doc/kallisto/test
HERE=$(cd "$(dirname "$0")" && pwd)

check_packages() {
  local missing="" program file
  for program in fastqc trim_galore STAR salmon multiqc; do
    command -v "$program" > /dev/null || missing+=" $program"
  done
  for file in reads_1.fastq.gz reads_2.fastq.gz transcripts.fasta.gz transcripts.gtf.gz; do
    [ -e "$DATA/$file" ] || missing+=" $DATA/$file"
  done
  [ -z "$missing" ] && return
  echo "Not found:$missing" >&2
  echo "On Debian or Ubuntu: apt-get install $PACKAGES" >&2
  exit 1
}

# every fourth read of the package's file, beginning with read $2
share() {
  gzip -dc "$DATA/reads_$1.fastq.gz" | awk -v first="$2" 'int((NR - 1) / 4) % 4 == first - 1'
}

lane_1() { awk 'NR <= 5000'; } # not head: it would close the pipe early
lane_2() { awk 'NR > 5000'; }

make_reads() {
  local mate
  mkdir -p "$1/input"
  cd "$1/input"
  for mate in 1 2; do
    share $mate 1 | gzip -n > "ctrl_rep1_R$mate.fastq.gz"
    share $mate 2 | lane_1 | gzip -n > "ctrl_rep2_L001_R$mate.fastq.gz"
    share $mate 2 | lane_2 | gzip -n > "ctrl_rep2_L002_R$mate.fastq.gz"
    share $mate 3 | gzip -n > "treated_rep1_R$mate.fastq.gz"
  done
  share 1 4 | gzip -n > treated_rep2_R1.fastq.gz
  cat > ../samples.csv << 'END'
sample,fastq_1,fastq_2
ctrl_rep1,ctrl_rep1_R1.fastq.gz,ctrl_rep1_R2.fastq.gz
ctrl_rep2,ctrl_rep2_L001_R1.fastq.gz,ctrl_rep2_L001_R2.fastq.gz
ctrl_rep2,ctrl_rep2_L002_R1.fastq.gz,ctrl_rep2_L002_R2.fastq.gz
treated_rep1,treated_rep1_R1.fastq.gz,treated_rep1_R2.fastq.gz
treated_rep2,treated_rep2_R1.fastq.gz,
END
}

make_reference() {
  mkdir -p "$1/reference"
  cd "$1/reference"
  # the annotation names transcripts without the version that the sequences carry (ENST00000513300.5)
  gzip -dc "$DATA/transcripts.fasta.gz" | sed '/^>/s/\..*//' > transcripts.fa
  gzip -dc "$DATA/transcripts.gtf.gz" | awk -f "$HERE/mini-genome.awk" transcripts.fa -
}

[ $# -eq 1 ] || { echo "usage: $0 DIR" >&2; exit 2; }
check_packages
mkdir -p "$1"
target=$(cd "$1" && pwd)
(make_reads "$target")
(make_reference "$target")
echo "Ready: bioagent run $(dirname "$HERE")/rnaseq.yaml --samplesheet $target/samples.csv --input $target/input --reference $target/reference --output results"
