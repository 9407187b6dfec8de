// SPDX-License-Identifier: BSD-3-Clause

package apply

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// lostConnection is what the HTTP client says of a connection that broke, from a port of the moment.
func lostConnection(port int) error {
	return &url.Error{Op: "Put", URL: "https://10.96.0.1:443/api/v1/namespaces/so-skd/configmaps/a?fieldManager=x", Err: &net.OpError{
		Op: "read", Net: "tcp", Source: &net.TCPAddr{IP: net.IPv4(10, 1, 2, 3), Port: port},
		Addr: &net.TCPAddr{IP: net.IPv4(10, 96, 0, 1), Port: 443}, Err: errors.New("connection reset by peer"),
	}}
}

func TestWriteErrorText(t *testing.T) {
	configMaps := schema.GroupResource{Resource: "configmaps"}
	webhook := func(port int) error {
		return apierrors.NewInternalError(fmt.Errorf(`failed calling webhook "mutate.example.no": failed to call webhook: `+
			`Post "https://hook.example.svc:9443/mutate?timeout=10s": read tcp 10.1.2.3:%d->10.96.7.7:9443: connection reset by peer`, port))
	}
	for name, tc := range map[string]struct {
		err  error
		want string
	}{
		"what the API server says is told": {
			err:  apierrors.NewForbidden(configMaps, "a", errors.New("exceeded quota")),
			want: `cannot update ConfigMap a: configmaps "a" is forbidden: exceeded quota`,
		},
		"what is invalid is told": {
			err: apierrors.NewInvalid(schema.GroupKind{Kind: "ConfigMap"}, "a",
				field.ErrorList{field.Forbidden(field.NewPath("data"), "field is immutable when `immutable` is set")}),
			want: "cannot update ConfigMap a: ConfigMap \"a\" is invalid: data: Forbidden: field is immutable when `immutable` is set",
		},
		"a lost connection is not told in detail": {
			err: lostConnection(41234), want: "cannot update ConfigMap a: the API server did not answer",
		},
		"a deadline is not told in detail": {
			err: context.DeadlineExceeded, want: "cannot update ConfigMap a: the API server did not answer",
		},
		"an answer in other words is looked through": {
			err:  fmt.Errorf("wrapped: %w", apierrors.NewForbidden(configMaps, "a", errors.New("exceeded quota"))),
			want: `cannot update ConfigMap a: wrapped: configmaps "a" is forbidden: exceeded quota`,
		},
		"a webhook that does not answer is named, its connection is not": {
			err: webhook(41234),
			want: `cannot update ConfigMap a: Internal error occurred: failed calling webhook "mutate.example.no": ` +
				`failed to call webhook: no answer`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := &WriteError{Verb: "update", Child: refTo("a"), Err: tc.err}
			if got := err.Error(); got != tc.want {
				t.Errorf("text:\nwant %s\ngot  %s", tc.want, got)
			}
			if !errors.Is(err, tc.err) {
				t.Error("the answer cannot be unwrapped")
			}
		})
	}
	for name, of := range map[string]func(port int) error{"a connection": lostConnection, "a webhook": webhook} {
		first, second := &WriteError{Verb: "get", Err: of(41234)}, &WriteError{Verb: "get", Err: of(56789)}
		if first.Error() != second.Error() {
			t.Errorf("the text changes with the port of %s:\n%s\n%s", name, first, second)
		}
	}
}

func TestWithoutConnections(t *testing.T) {
	for name, tc := range map[string]struct{ text, want string }{
		"a text without a connection stays": {
			text: `ConfigMap a: Get it from "https://example.no" at tcp 80`, want: `ConfigMap a: Get it from "https://example.no" at tcp 80`,
		},
		"a request is cut with its address and query string": {
			text: `reading Secret keys: Get "https://127.0.0.1:35719/api/v1/secrets?token=x": dial tcp 127.0.0.1:35719: connect: connection refused`,
			want: "reading Secret keys: no answer",
		},
		"an answer that broke off is cut": {
			text: "reading Secret keys: read tcp [::1]:41234->[::1]:6443: use of closed network connection", want: "reading Secret keys: no answer",
		},
		"a name that was not found is cut": {
			text: "fetching: dial tcp: lookup api.example.no on 10.0.0.10:53: no such host", want: "fetching: no answer",
		},
		"each line is cut by itself": {
			text: "a: Post \"http://10.0.0.1:80/\": EOF\nb: forbidden\nc: dial udp 10.0.0.1:53: refused",
			want: "a: no answer\nb: forbidden\nc: no answer",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := WithoutConnections(tc.text); got != tc.want {
				t.Errorf("text:\nwant %s\ngot  %s", tc.want, got)
			}
		})
	}
}

func TestChildErrorTexts(t *testing.T) {
	for want, err := range map[string]error{
		"ConfigMap a exists and was not made for this resource":                 &ConflictError{Child: refTo("a")},
		"ConfigMap a is changed back by something else each time it is written": &ContestedError{Child: refTo("a")},
	} {
		if got := err.Error(); got != want {
			t.Errorf("text:\nwant %s\ngot  %s", want, got)
		}
	}
}

func TestReference(t *testing.T) {
	for name, tc := range map[string]struct {
		obj     client.Object
		want    v1alpha1.Child
		refused bool
	}{
		"an object of the core group":       {obj: aConfig("a", "1"), want: refTo("a")},
		"an object of the cluster as such":  {obj: aNamespace(), want: theNamespace},
		"a typed object that names no kind": {obj: &appsv1.Deployment{}, want: v1alpha1.Child{APIVersion: "apps/v1", Kind: "Deployment"}},
		"a kind that nobody knows": {
			obj: &metav1.PartialObjectMetadata{}, refused: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Reference(tc.obj, knownKinds(t))
			if got != tc.want || (err != nil) != tc.refused {
				t.Errorf("want %v, got %v, %v", tc.want, got, err)
			}
		})
	}
}

func TestApplyRefusesKindsItDoesNotKnow(t *testing.T) {
	c := newCluster(t)
	c.applier.Client = knowsNothing{c.applier.Client}
	_, err := c.applier.Apply(t.Context(), anApp(), nil, childrenOf(&corev1.ConfigMap{}))
	if err == nil || len(c.calls) > 0 {
		t.Errorf("error %v, calls %v", err, c.calls)
	}
}

// knowsNothing is a client without kinds.
type knowsNothing struct{ client.Client }

func (knowsNothing) Scheme() *runtime.Scheme { return runtime.NewScheme() }
