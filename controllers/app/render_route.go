// SPDX-License-Identifier: BSD-3-Clause

package app

import (
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// servicePort is the port an App's Service answers on, as Altinn's apps have it.
const servicePort = 80

func service(app *v1alpha1.App) *corev1.Service {
	return &corev1.Service{
		ObjectMeta: meta(app, app.Name),
		Spec: corev1.ServiceSpec{
			Type:     corev1.ServiceTypeClusterIP,
			Selector: selector(app.Name, codeOf(app)),
			Ports: []corev1.ServicePort{{
				Name: portName, Port: servicePort, TargetPort: intstr.FromString(portName), Protocol: corev1.ProtocolTCP,
			}},
		},
	}
}

// ingress routes from outside, over TLS only: the gateway's own certificate serves the host.
func ingress(app *v1alpha1.App, facts Facts) *networkingv1.Ingress {
	host := hostOf(app, facts.Operator)
	route := &networkingv1.Ingress{
		ObjectMeta: meta(app, app.Name),
		Spec: networkingv1.IngressSpec{
			TLS: []networkingv1.IngressTLS{{Hosts: []string{host}}},
			Rules: []networkingv1.IngressRule{{
				Host: host,
				IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{
					Paths: []networkingv1.HTTPIngressPath{{
						Path: pathOf(app), PathType: ptr.To(networkingv1.PathTypePrefix),
						Backend: networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{
							Name: app.Name, Port: networkingv1.ServiceBackendPort{Name: portName},
						}},
					}},
				}},
			}},
		},
	}
	if class := facts.Operator.Gateway.IngressClassName; class != "" {
		route.Spec.IngressClassName = ptr.To(class)
	}
	return route
}

// httpRoute routes from outside through the platform's Gateway, whose listener holds the TLS.
func httpRoute(app *v1alpha1.App, facts Facts) *gatewayv1.HTTPRoute {
	return &gatewayv1.HTTPRoute{
		ObjectMeta: meta(app, app.Name),
		Spec: gatewayv1.HTTPRouteSpec{
			CommonRouteSpec: gatewayv1.CommonRouteSpec{ParentRefs: []gatewayv1.ParentReference{{
				Group: ptr.To(gatewayv1.Group(gatewayv1.GroupName)), Kind: ptr.To(gatewayv1.Kind("Gateway")),
				Namespace: ptr.To(gatewayv1.Namespace(facts.Operator.Gateway.Namespace)),
				Name:      gatewayv1.ObjectName(facts.Operator.Gateway.Name),
			}}},
			Hostnames: []gatewayv1.Hostname{gatewayv1.Hostname(hostOf(app, facts.Operator))},
			Rules: []gatewayv1.HTTPRouteRule{{
				Matches: []gatewayv1.HTTPRouteMatch{{Path: &gatewayv1.HTTPPathMatch{
					Type: ptr.To(gatewayv1.PathMatchPathPrefix), Value: ptr.To(pathOf(app)),
				}}},
				BackendRefs: []gatewayv1.HTTPBackendRef{{BackendRef: gatewayv1.BackendRef{
					BackendObjectReference: gatewayv1.BackendObjectReference{
						Group: ptr.To(gatewayv1.Group("")), Kind: ptr.To(gatewayv1.Kind("Service")),
						Name: gatewayv1.ObjectName(app.Name), Port: ptr.To(gatewayv1.PortNumber(servicePort)),
					},
					Weight: ptr.To[int32](1),
				}}},
			}},
		},
	}
}

// ingressURL is where an Ingress of ours leads from; empty for one that was changed beyond telling.
func ingressURL(route *networkingv1.Ingress) string {
	if len(route.Spec.Rules) == 0 || route.Spec.Rules[0].HTTP == nil || len(route.Spec.Rules[0].HTTP.Paths) == 0 {
		return ""
	}
	return "https://" + route.Spec.Rules[0].Host + route.Spec.Rules[0].HTTP.Paths[0].Path
}

// routeURL is where an HTTPRoute of ours leads from; empty for one that was changed beyond telling.
func routeURL(route *gatewayv1.HTTPRoute) string {
	if len(route.Spec.Hostnames) == 0 || len(route.Spec.Rules) == 0 || len(route.Spec.Rules[0].Matches) == 0 {
		return ""
	}
	path := route.Spec.Rules[0].Matches[0].Path
	if path == nil {
		return ""
	}
	return "https://" + string(route.Spec.Hostnames[0]) + ptr.Deref(path.Value, "/")
}
