// SPDX-License-Identifier: BSD-3-Clause

package configuration

import (
	"bytes"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// lineOf is how a line of an error begins: the file, the line where there is one to name, and the key.
var lineOf = regexp.MustCompile(`^operator\.yaml:([0-9]+): [^\n]+$`)

// A file is taken whole or refused whole. What is taken says the same when it is written and read again. Each thing that is
// wrong is a line that begins with the file, and with a line of it that there is.
func FuzzLoad(f *testing.F) {
	shipped, err := os.ReadFile("../../config/manager/operator.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		string(shipped), valid, "", "null", "{}", "a: &a [*a]", "- x", strings.Replace(valid, "Test", "Production", 1), valid + "registry: {}\n", valid + "storage: {provider: Volumes, volumes: {storageClass: x, size: 1e400}}\n",
		valid + "selfService: {keys: {rotateAfter: 1}}\n", valid + "consents: {templates: []}\n", valid + "concurrency: 99999999999\n", valid + "regions: {allowed: [norwayeast, norwayeast]}\n", valid + "? [a]\n: b\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		operator, err := parse("operator.yaml", raw)
		if (operator == nil) == (err == nil) {
			t.Fatalf("%+v, and the error %v", operator, err)
		}
		if again, other := parse("operator.yaml", raw); (again == nil) != (operator == nil) || err != nil && other.Error() != err.Error() {
			t.Fatalf("read twice, it is\n%v\n%v", err, other)
		}
		if err != nil {
			checkError(t, raw, err.Error())
			return
		}
		written, err := yaml.Marshal(operator)
		if err != nil {
			t.Fatal(err)
		}
		again, err := parse("operator.yaml", written)
		if err != nil {
			t.Fatalf("what was taken is refused when it is written and read again: %v\n%s", err, written)
		}
		twice, err := yaml.Marshal(again)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(written), string(twice)); diff != "" { // 1000 and 1k are the same quantity
			t.Fatalf("what was taken says something else when it is written and read again:\n%s", diff)
		}
	})
}

func checkError(t *testing.T, raw []byte, text string) {
	t.Helper()
	if !strings.HasPrefix(text, "operator.yaml") {
		t.Fatalf("%q does not name the file", text)
	}
	lines := bytes.Count(raw, []byte("\n")) + 1
	for line := range strings.SplitSeq(text, "\n") {
		found := lineOf.FindStringSubmatch(line)
		if found == nil {
			continue // of what is no YAML, or no text at all, the parser's words are told
		}
		if n, err := strconv.Atoi(found[1]); err != nil || n < 1 || n > lines {
			t.Fatalf("%q names a line of %d", line, lines)
		}
	}
}
