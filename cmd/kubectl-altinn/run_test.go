// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// now is when the tests export.
var now = time.Date(2026, 8, 23, 10, 0, 0, 0, time.UTC)

// answer is what a server says to every request below a path.
type answer struct {
	status int
	body   string
}

// empty are a cluster's answers with one service owner and nothing else.
func empty() map[string]answer {
	list := func(kind, items string) answer {
		return answer{http.StatusOK, `{"apiVersion":"tenancy.altinn.cloud/v1alpha1","kind":"` + kind + `List","metadata":{},"items":[` + items + `]}`}
	}
	owner := `{"metadata":{"name":"skd"},"spec":{"organizationNumber":"974761076","displayName":{"nb":"Skatteetaten"}}}`
	other := `{"metadata":{"name":"brreg"},"spec":{"organizationNumber":"974760673"}}`
	return map[string]answer{
		"/serviceowners":            list("ServiceOwner", owner+","+other),
		"/dataprocessingagreements": list("DataProcessingAgreement", ""),
		"/apps":                     list("App", ""),
		"/consentresources":         list("ConsentResource", ""),
	}
}

func refusal(status int, reason string) answer {
	return answer{status, `{"apiVersion":"v1","kind":"Status","status":"Failure","reason":"` + reason + `","message":"no","code":` + strconv.Itoa(status) + "}"}
}

// cluster starts a server and returns its kubeconfig and the paths it is asked for.
func cluster(t *testing.T, answers map[string]answer) (kubeconfig string, asked *[]string) {
	t.Helper()
	asked = &[]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r.URL.Path)
		if r.Method != http.MethodGet {
			t.Errorf("the plugin asks for %s %s", r.Method, r.URL.Path)
		}
		for end, a := range answers {
			if strings.HasSuffix(r.URL.Path, end) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(a.status)
				_, _ = w.Write([]byte(a.body))
				return
			}
		}
		w.WriteHeader(http.StatusNotFound)
	}))
	t.Cleanup(server.Close)
	return writeKubeconfig(t, server.URL), asked
}

func writeKubeconfig(t *testing.T, server string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "kubeconfig")
	config := clientcmdapi.Config{
		Clusters:       map[string]*clientcmdapi.Cluster{"here": {Server: server}},
		AuthInfos:      map[string]*clientcmdapi.AuthInfo{"me": {}},
		Contexts:       map[string]*clientcmdapi.Context{"tt02": {Cluster: "here", AuthInfo: "me"}, "prod": {Cluster: "here", AuthInfo: "me"}},
		CurrentContext: "tt02",
	}
	if err := clientcmd.WriteToFile(config, file); err != nil {
		t.Fatal(err)
	}
	return file
}

// runWith runs the plugin and returns its exit code and what it writes.
func runWith(arguments ...string) (code int, stdout, stderr string) {
	var out, wrong bytes.Buffer
	p := program{stdout: &out, stderr: &wrong, now: func() time.Time { return now }, connect: connect}
	code = p.run(context.Background(), arguments)
	return code, out.String(), wrong.String()
}

func TestWrongCommandLinesSayWhatIsAllowed(t *testing.T) {
	for name, test := range map[string]struct {
		arguments []string
		want      string
	}{
		"no command":             {nil, "say what to do: records, prove isolation, or help"},
		"an unknown command":     {[]string{"report"}, `there is no command "report": say records, prove isolation, or help`},
		"an unknown form":        {[]string{"records", "-o", "pdf"}, `--output "pdf" is not allowed: say json, csv or html`},
		"an unknown language":    {[]string{"records", "--language", "sv"}, `--language "sv" is not allowed: say nb or en`},
		"an unknown flag":        {[]string{"records", "--all"}, "flag provided but not defined: -all"},
		"a word too many":        {[]string{"records", "skd"}, `records takes flags only, not "skd"`},
		"a flag without a value": {[]string{"records", "--owner"}, "flag needs an argument: -owner"},
		"nothing to prove":       {[]string{"prove"}, `prove "" is not known: say prove isolation`},
		"another thing to prove": {[]string{"prove", "innocence"}, `prove "innocence" is not known: say prove isolation`},
		"an unknown form of it":  {[]string{"prove", "isolation", "-o", "yaml"}, `--output "yaml" is not allowed: say text, json, html or dot`},
		"an unknown flag of it":  {[]string{"prove", "isolation", "--language", "nb"}, "flag provided but not defined: -language"},
		"a word too many for it": {[]string{"prove", "isolation", "skd"}, `prove isolation takes flags only, not "skd"`},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, wrong := runWith(test.arguments...)
			if code != 2 || out != "" || !strings.Contains(wrong, test.want) || strings.Count(wrong, "\n") != 1 {
				t.Errorf("exit %d, wrote %q, said %q", code, out, wrong)
			}
		})
	}
}

func TestUnknownContextNamesTheKnown(t *testing.T) {
	kubeconfig, _ := cluster(t, empty())
	code, out, wrong := runWith("records", "--kubeconfig", kubeconfig, "--context", "at22")
	if want := `--context "at22" is not in the kubeconfig: say one of prod, tt02`; code != 2 || out != "" || !strings.Contains(wrong, want) {
		t.Errorf("exit %d, wrote %q, said %q", code, out, wrong)
	}
}

func TestUnknownOwnerNamesTheKnown(t *testing.T) {
	kubeconfig, _ := cluster(t, empty())
	code, out, wrong := runWith("records", "--kubeconfig", kubeconfig, "--owner", "nav")
	if want := `there is no service owner "nav": there are brreg, skd`; code != 2 || out != "" || !strings.Contains(wrong, want) {
		t.Errorf("exit %d, wrote %q, said %q", code, out, wrong)
	}
	answers := empty()
	answers["/serviceowners"] = answers["/apps"]
	kubeconfig, _ = cluster(t, answers)
	_, _, wrong = runWith("records", "--kubeconfig", kubeconfig, "--owner", "nav")
	if want := `there is no service owner "nav": the cluster has none`; !strings.Contains(wrong, want) {
		t.Errorf("said %q", wrong)
	}
}

// What could not be read ends the export: a part of a record would look like all of it.
func TestNothingIsWrittenWhenSomethingCannotBeRead(t *testing.T) {
	for name, test := range map[string]struct {
		path  string
		reply answer
		want  string
	}{
		"service owners may not be listed": {"/serviceowners", refusal(403, "Forbidden"), "you may not list serviceowners.tenancy.altinn.cloud in the cluster: ask the platform team for the right to"},
		"consents may not be listed":       {"/consentresources", refusal(403, "Forbidden"), "you may not list consentresources.tenancy.altinn.cloud in the service owner's namespace: ask"},
		"the login has run out":            {"/apps", refusal(401, "Unauthorized"), "the API server does not know you: log in again"},
		"the operator is not installed":    {"/dataprocessingagreements", answer{404, "404 page not found"}, "the cluster does not know dataprocessingagreements.tenancy.altinn.cloud: is the operator installed in it?"},
		"the server fails":                 {"/apps", refusal(500, "InternalError"), "listing apps.tenancy.altinn.cloud: "},
	} {
		t.Run(name, func(t *testing.T) {
			answers := empty()
			answers[test.path] = test.reply
			kubeconfig, _ := cluster(t, answers)
			code, out, wrong := runWith("records", "--kubeconfig", kubeconfig, "--owner", "skd")
			if code != 1 || out != "" || !strings.Contains(wrong, test.want) || strings.Count(wrong, "\n") != 1 {
				t.Errorf("exit %d, wrote %q, said %q", code, out, wrong)
			}
		})
	}
}

func TestUnreachableClusterIsSaidInOneSentence(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	code, out, wrong := runWith("records", "--kubeconfig", writeKubeconfig(t, server.URL))
	if want := "the API server at " + server.URL + " cannot be reached: "; code != 1 || out != "" || !strings.Contains(wrong, want) || strings.Count(wrong, "\n") != 1 {
		t.Errorf("exit %d, wrote %q, said %q", code, out, wrong)
	}
}

func TestMissingKubeconfigIsSaid(t *testing.T) {
	code, out, wrong := runWith("records", "--kubeconfig", filepath.Join(t.TempDir(), "none"))
	if want := "reading the kubeconfig: "; code != 1 || out != "" || !strings.Contains(wrong, want) {
		t.Errorf("exit %d, wrote %q, said %q", code, out, wrong)
	}
	t.Setenv("KUBECONFIG", os.DevNull)
	t.Setenv("HOME", t.TempDir())
	code, out, wrong = runWith("records")
	if want := "no kubeconfig was found: name one with --kubeconfig, or set KUBECONFIG"; code != 1 || out != "" || !strings.Contains(wrong, want) {
		t.Errorf("exit %d, wrote %q, said %q", code, out, wrong)
	}
}

func TestFourRequestsAreEnough(t *testing.T) {
	kubeconfig, asked := cluster(t, empty())
	code, out, wrong := runWith("records", "--kubeconfig", kubeconfig)
	if code != 0 || wrong != "" || len(*asked) != 4 {
		t.Fatalf("exit %d, said %q, asked %q", code, wrong, *asked)
	}
	var record struct {
		ExportedAt  time.Time
		Language    string
		Controllers []struct{ Code string }
	}
	if err := json.Unmarshal([]byte(out), &record); err != nil {
		t.Fatal(err)
	}
	if !record.ExportedAt.Equal(now) || record.Language != "nb" || len(record.Controllers) != 2 {
		t.Errorf("by default the record is %+v", record)
	}
	*asked = nil
	if code, _, wrong := runWith("records", "--kubeconfig", kubeconfig, "--owner", "skd", "-o", "csv"); code != 0 {
		t.Fatalf("exit %d, said %q", code, wrong)
	}
	if got, want := (*asked)[2], "/apis/tenancy.altinn.cloud/v1alpha1/namespaces/so-skd/apps"; got != want {
		t.Errorf("with an owner, Apps are asked for at %s, not %s", got, want)
	}
}

func TestEachFormBeginsAsItShould(t *testing.T) {
	kubeconfig, _ := cluster(t, empty())
	for form, want := range map[string]string{"json": "{\n", "csv": "\ufeffTjenesteeierkode;", "html": "<!doctype html>\n<html lang=\"nb\">"} {
		t.Run(form, func(t *testing.T) {
			code, out, wrong := runWith("records", "--kubeconfig", kubeconfig, "--output", form)
			if code != 0 || wrong != "" || !strings.HasPrefix(out, want) {
				t.Errorf("exit %d, wrote %.60q, said %q", code, out, wrong)
			}
		})
	}
}

func TestHelpIsNoMistake(t *testing.T) {
	for _, arguments := range [][]string{{"help"}, {"--help"}, {"records", "-h"}, {"records", "--help"}, {"prove", "-h"}, {"prove", "isolation", "--help"}} {
		if code, out, wrong := runWith(arguments...); code != 0 || out != usage || wrong != "" {
			t.Errorf("%q: exit %d, wrote %q, said %q", arguments, code, out, wrong)
		}
	}
}

// broken is a place that cannot be written to.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

func TestAFailedWriteIsAFailure(t *testing.T) {
	kubeconfig, _ := cluster(t, empty())
	var wrong bytes.Buffer
	p := program{stdout: broken{}, stderr: &wrong, now: time.Now, connect: func(string, string) (client.Reader, error) { return connect(kubeconfig, "") }}
	if code := p.run(context.Background(), []string{"records"}); code != 1 || !strings.Contains(wrong.String(), "the disk is full") {
		t.Errorf("exit %d, said %q", code, wrong.String())
	}
}

func TestTheFourKindsAreThoseOfTheAPI(t *testing.T) {
	for _, kind := range []string{"ServiceOwner", "DataProcessingAgreement", "App", "ConsentResource"} {
		if _, err := kinds().RESTMapping(v1alpha1.GroupVersion.WithKind(kind).GroupKind(), "v1alpha1"); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}
