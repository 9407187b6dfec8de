// SPDX-License-Identifier: BSD-3-Clause

package prove_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/cmd/kubectl-altinn/prove"
)

// evil is a text that would do harm in a page, in Graphviz's language and in a terminal.
const evil = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{.}}\\\"]; evil -> evil [label=\"\x1b[2J\u202e\r\n"

// harmful are resources as no API server would let them in, with the text wherever one can stand.
func harmful() prove.Resources {
	all := many(2, 2)
	all.ServiceOwners[0].Spec.DisplayName.EN = v1alpha1.Text(evil)
	app := ringApp(&all, 0)
	app.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionNetworkIsolated, Status: "False", Reason: evil, Message: evil}}
	all.Apps = append(all.Apps, v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Namespace: "so-owner0", Name: evil}})
	all.Namespaces = append(all.Namespaces, named(evil, map[string]string{"evil": "yes"}))
	p := hand("so-owner0", "", letIn(networkingv1.NetworkPolicyPeer{NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"evil": "yes"}}},
		networkingv1.NetworkPolicyPeer{NamespaceSelector: &metav1.LabelSelector{}}))
	p.Name = evil
	kept := hand("so-owner0", "", letIn(p.Spec.Ingress[0].From[0]))
	kept.Name, kept.Labels = evil+"2", map[string]string{v1alpha1.LabelManagedBy: v1alpha1.ManagedBy}
	all.ServiceOwners[0].Status.Children = append(all.ServiceOwners[0].Status.Children, childOf(kept))
	all.Policies = append(all.Policies, p, kept)
	all.Others = []prove.OtherPolicy{{Kind: evil, Namespace: "so-owner0", Name: evil}}
	all.Pods = []metav1.PartialObjectMetadata{pod(evil, "", map[string]string{"x": "y"})}
	return all
}

func TestTextsOfResourcesAreNoMarkup(t *testing.T) {
	content, err := prove.HTML(prove.Build(harmful(), "", checked))
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []string{"<script", "<img", "onerror=alert(1)>"} {
		if at := bytes.Index(content, []byte(wrong)); at >= 0 {
			t.Errorf("the page holds %q: …%s…", wrong, content[max(0, at-80):at+40])
		}
	}
	if !bytes.Contains(content, []byte("&lt;script&gt;")) {
		t.Error("the text is not in the page at all")
	}
}

func TestThePictureIsWellFormed(t *testing.T) {
	for name, resources := range map[string]prove.Resources{"samples": read(t, "samples"), "trouble": read(t, "trouble"), "harm": harmful(), "nothing": {}} {
		content, err := prove.HTML(prove.Build(resources, "", checked))
		if err != nil {
			t.Fatal(err)
		}
		picture := regexp.MustCompile(`(?s)<svg.*</svg>`).Find(bytes.ReplaceAll(bytes.ReplaceAll(content, []byte("\x1b"), nil), []byte("\u202e"), nil))
		for decoder := xml.NewDecoder(bytes.NewReader(picture)); ; {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if start, isStart := token.(xml.StartElement); isStart && !strings.Contains(" svg title desc g rect text path ", " "+start.Name.Local+" ") {
				t.Errorf("%s: the picture holds <%s>", name, start.Name.Local)
			}
		}
	}
}

// TestTextsOfResourcesAreNotGraphviz: what lies outside of quoted strings is what the program writes itself.
func TestTextsOfResourcesAreNotGraphviz(t *testing.T) {
	content, err := prove.DOT(prove.Build(harmful(), "", checked))
	if err != nil {
		t.Fatal(err)
	}
	bare := regexp.MustCompile(`"(\\.|[^"\\])*"`).ReplaceAllString(string(content), `S`)
	if strings.Contains(bare, `"`) || strings.Contains(bare, "evil") || strings.Contains(bare, "script") || strings.Contains(bare, "alert") {
		t.Errorf("a text is outside of strings:\n%s", bare)
	}
	line := regexp.MustCompile(`^(digraph isolation \{|\s*\}|\s+(subgraph S \{|node \[.*\];|edge \[.*\];|[a-z]+=[A-Za-z]+;|S \[[a-z=, SA-Z]*\];|S -> S \[[a-z=, S0-9]*\];))?$`)
	for text := range strings.SplitSeq(bare, "\n") {
		if !line.MatchString(text) {
			t.Errorf("not a line that is to be there: %q", text)
		}
	}
}

func TestTextsOfResourcesDoNothingToATerminal(t *testing.T) {
	for name, resources := range map[string]prove.Resources{"samples": read(t, "samples"), "trouble": read(t, "trouble"), "harm": harmful(), "many": many(200, 1)} {
		content, err := prove.Text(prove.Build(resources, "", checked))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(strings.TrimSuffix(string(content), "\n"), "\n") {
			if len([]rune(line)) > 120 && name != "harm" {
				t.Errorf("%s: a line is wider than 120 columns: %s", name, line)
			}
			if strings.ContainsFunc(line, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
				t.Errorf("%s: a line holds what a terminal acts on: %q", name, line)
			}
		}
		if strings.Count(string(content), "\n") > 150 {
			t.Errorf("%s: that is no short table: %d lines", name, strings.Count(string(content), "\n"))
		}
	}
}

// TestJSONSaysWhatItIs, and has no null where a list is to be.
func TestJSONSaysWhatItIs(t *testing.T) {
	for _, resources := range []prove.Resources{{}, read(t, "trouble")} {
		content, err := prove.JSON(prove.Build(resources, "", checked))
		if err != nil {
			t.Fatal(err)
		}
		var proof prove.Proof
		if err := json.Unmarshal(content, &proof); err != nil {
			t.Fatal(err)
		}
		if proof.APIVersion != "tenancy.altinn.cloud/v1alpha1" || proof.Kind != "IsolationProof" || bytes.Contains(content, []byte("null")) {
			t.Errorf("it is %s of %s, or holds null", proof.Kind, proof.APIVersion)
		}
		if diff := cmp.Diff(prove.Build(resources, "", checked), proof); diff != "" {
			t.Errorf("read back it is another (-want +got):\n%s", diff)
		}
	}
}

// TestFewPairsOfAFindingAreListed where everything is open to everything.
func TestFewPairsOfAFindingAreListed(t *testing.T) {
	resources := many(30, 10)
	resources.Policies = append(resources.Policies, hand("so-owner0", "", letIn()))
	proof := prove.Build(resources, "", checked)
	if len(proof.Findings) != 2 {
		t.Fatalf("%+v", proof.Findings)
	}
	f := proof.Findings[0]
	// Each of 10 Apps is called by 299 others, one of which is declared, and bound to one port.
	if f.PairsTotal != 2990 || f.PairsAcross != 2900 || f.PairsThrough != 10 || len(f.Pairs) != prove.MaxPairs || !f.Pairs[0].Across {
		t.Errorf("of %d pairs, %d across and %d through, %d are listed", f.PairsTotal, f.PairsAcross, f.PairsThrough, len(f.Pairs))
	}
	content, err := prove.HTML(proof)
	if err != nil || len(content) > 400_000 {
		t.Errorf("the page has %d bytes (%v)", len(content), err)
	}
	if !bytes.Contains(content, []byte("20 of 2990: from whom to whom")) {
		t.Error("the page does not say how many there are")
	}
}
