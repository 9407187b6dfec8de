// SPDX-License-Identifier: BSD-3-Clause

package rights

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	metrics "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/altinn/serviceowner-operator/controllers/scrape"
)

// account makes a ServiceAccount, unless it is the operator's, and gives a token of it.
func account(t *testing.T, namespace, name string) string {
	t.Helper()
	accounts := clients.CoreV1().ServiceAccounts(namespace)
	if name != operatorAccount {
		if _, err := accounts.Create(t.Context(), &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	token, err := accounts.CreateToken(t.Context(), name, &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return token.Status.Token
}

// The operator asks with its own token and its own rights: without serviceowner-operator-metrics-auth all would be 503.
func TestMetricsAreReadByWhomTheClusterLets(t *testing.T) {
	namespace(t, "monitoring")
	operator := rest.AnonymousClientConfig(server.Config)
	operator.BearerToken = account(t, systemNamespace, operatorAccount)
	url := serve(t, operator)

	reader, stranger := account(t, "monitoring", "reader"), account(t, "monitoring", "stranger")
	_, err := clients.RbacV1().ClusterRoleBindings().Create(t.Context(), &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "reads-metrics"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "serviceowner-operator-metrics-reader"},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: "reader", Namespace: "monitoring"}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(30 * time.Second) // the API server learns of a binding a moment after it is made
	for got, _ := get(t, url+"/metrics", "Bearer "+reader); got != http.StatusOK && time.Now().Before(deadline); got, _ = get(t, url+"/metrics", "Bearer "+reader) {
		time.Sleep(250 * time.Millisecond)
	}

	for name, tc := range map[string]struct {
		path, header string
		status       int
		says         string
	}{
		"who reads metrics":                 {"/metrics", "Bearer " + reader, http.StatusOK, "# TYPE rest_client_requests_total counter"},
		"nobody":                            {"/metrics", "", http.StatusUnauthorized, "Authorization: Bearer TOKEN"},
		"a token that nobody gave":          {"/metrics", "Bearer none", http.StatusUnauthorized, "does not know the token"},
		"a token whose end was cut off":     {"/metrics", "Bearer " + reader[:len(reader)-8], http.StatusUnauthorized, "does not know the token"},
		"somebody without the right":        {"/metrics", "Bearer " + stranger, http.StatusForbidden, "system:serviceaccount:monitoring:stranger may not get /metrics: it needs the ClusterRole serviceowner-operator-metrics-reader"},
		"the operator itself":               {"/metrics", "Bearer " + operator.BearerToken, http.StatusForbidden, "may not get /metrics"},
		"a token shown in another way":      {"/metrics", "Basic " + reader, http.StatusUnauthorized, "Bearer TOKEN"},
		"a path that nothing is served at":  {"/debug/pprof/", "Bearer " + reader, http.StatusNotFound, ""},
		"a path below that of the metrics":  {"/metrics/x", "Bearer " + reader, http.StatusNotFound, ""},
		"a path that leads there by detour": {"//metrics", "", http.StatusUnauthorized, "Bearer TOKEN"},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := get(t, url+tc.path, tc.header)
			if status != tc.status || !strings.Contains(body, tc.says) {
				t.Errorf("%d %.200q, want %d with %q", status, body, tc.status, tc.says)
			}
		})
	}
}

// serve serves this process's metrics, as the operator would.
func serve(t *testing.T, operator *rest.Config) (url string) {
	t.Helper()
	connections, err := rest.HTTPClientFor(operator)
	if err != nil {
		t.Fatal(err)
	}
	served, err := metrics.NewServer(metrics.Options{SecureServing: true, BindAddress: "127.0.0.1:0", FilterProvider: scrape.Filter}, operator, connections)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- served.Start(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	bound, ok := served.(interface{ GetBindAddr() string })
	if !ok {
		t.Fatal("the server does not tell where it listens")
	}
	deadline := time.Now().Add(10 * time.Second)
	for bound.GetBindAddr() == "" && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	return "https://" + bound.GetBindAddr()
}

// get asks without knowing the server's certificate, which it made for itself, and does not follow redirects away from https.
func get(t *testing.T, url, authorization string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	asker := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}
	response, err := asker.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(read)
}
