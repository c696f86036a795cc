/** Three quick steps; the sample named `bad` exits 3 in the first one. */
export const DEMO = `pipeline: demo
params: { n: 3, deep: false, word: hi }
steps:
  - id: count
    script: |
      echo "$SAMPLE $PARAM_N" > "$OUTPUT_DIR/$SAMPLE.txt"
      if [ "$SAMPLE" = bad ]; then echo "no reads in it" >&2; exit 3; fi
    resources: { cpu: 0.5, memory: 64MiB, time: 5m }
    outputs: ["{sample}.txt"]
  - id: after
    needs: [count]
    script: cp "$RESULTS_DIR/$SAMPLE.txt" "$OUTPUT_DIR/$SAMPLE.after.txt"
    resources: { cpu: 0.5, memory: 64MiB }
    outputs: ["{sample}.after.txt"]
  - id: all
    per: run
    needs: [after]
    script: cat "$SAMPLES_FILE" > "$OUTPUT_DIR/all.txt"
    resources: { cpu: 0.5, memory: 64MiB }
    outputs: [all.txt]
`;

/** Goes on until a file named `go` lies in the input folder, or a minute is over. */
export const PATIENT = `pipeline: patient
steps:
  - id: nap
    script: |
      for i in $(seq 600); do if [ -e "$INPUT_DIR/go" ]; then break; fi; sleep 0.1; done
      echo done > "$OUTPUT_DIR/$SAMPLE.txt"
    resources: { cpu: 0.5, memory: 64MiB, time: 5m }
    outputs: ["{sample}.txt"]
`;
