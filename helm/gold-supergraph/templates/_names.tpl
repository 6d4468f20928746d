{{- define "gold.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* The labels that select pods: of a service (.service), and of one of its roles (.role). Never change them. */}}
{{- define "gold.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .service }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- with .role }}
gold-supergraph/role: {{ . }}
{{- end }}
{{- end -}}

{{- define "gold.labels" -}}
{{ include "gold.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* The secret with a service's own variables. */}}
{{- define "gold.secret" -}}
{{- $own := get .root.Values.services .service -}}
{{- $own.existingSecret | default (printf "%s-%s" (include "gold.name" .root) .service) -}}
{{- end -}}

{{- define "gold.sharedSecret" -}}
{{- .Values.secrets.shared.existingSecret | default (printf "%s-shared" (include "gold.name" .)) -}}
{{- end -}}

{{- define "gold.image" -}}
{{- $image := get .root.Values.images .image -}}
{{- printf "%s:%s" $image.repository ($image.tag | default .root.Chart.AppVersion) -}}
{{- end -}}

{{/* The environment variable that begins with a service's name: MARKET_DATA for market-data. */}}
{{- define "gold.variable" -}}
{{- . | upper | replace "-" "_" -}}
{{- end -}}

{{/* What a service reads besides its secrets, the same in both roles. */}}
{{- define "gold.env" -}}
{{- $root := .root -}}
{{- $own := get $root.Values.services .service -}}
{{- $auth := get $root.Values.services "auth" -}}
{{- $env := dict "PORT" (toString $own.port) -}}
{{- $_ := set $env "AUTH_JWKS_URL" (printf "http://%s-auth:%v/.well-known/jwks.json" (include "gold.name" $root) $auth.port) -}}
{{- if eq .service "gateway" -}}
{{- range $name, $other := $root.Values.services -}}
{{- if ne $name "gateway" -}}
{{- $_ := set $env (printf "%s_URL" (include "gold.variable" $name)) (printf "http://%s-%s:%v/graphql" (include "gold.name" $root) $name $other.port) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $env = mergeOverwrite $env (deepCopy $root.Values.env) (deepCopy ($own.env | default dict)) -}}
{{- if eq .service "gateway" -}}
{{- range $file := include "gold.gatewayFiles" $root | fromJsonArray -}}
{{- if get $env $file.setting -}}
{{- fail (printf "gatewayFiles.%s is given, and %s names another file: give the one or the other" $file.value $file.setting) -}}
{{- end -}}
{{- $_ := set $env $file.setting (printf "%s/%s" (include "gold.gatewayFileDirectory" $file) $file.file) -}}
{{- end -}}
{{- end -}}
{{- range $variable, $value := $env }}
{{ $variable }}: {{ $value | toString | quote }}
{{- end }}
{{- end -}}
