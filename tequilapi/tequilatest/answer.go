package tequilatest

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/mysteriumvpn/desktop/tequilapi"
)

// read decodes a request, or answers as the node does.
func read(w http.ResponseWriter, r *http.Request, v any) bool {
	if err := json.NewDecoder(r.Body).Decode(v); err != nil {
		refuse(w, r, tequilapi.Error{Status: http.StatusBadRequest, Code: "parse_failed", Message: "Could not parse request"})
		return false
	}
	return true
}

func required(w http.ResponseWriter, r *http.Request, field string, ok bool) bool {
	if !ok {
		text := fmt.Sprintf("'%s' is required", field)
		refuse(w, r, tequilapi.Error{
			Status: http.StatusBadRequest, Code: "validation_failed", Message: "Request validation failed",
			Detail: "Request validation failed: " + field + ": " + text + " [required]",
			Fields: map[string]tequilapi.FieldError{field: {Code: "required", Message: text}},
		})
	}
	return ok
}

func answer(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // a test gave a value that has no JSON
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b)
}

func refuse(w http.ResponseWriter, r *http.Request, e tequilapi.Error) {
	inner := map[string]any{"code": e.Code, "message": e.Message}
	if e.Detail != "" {
		inner["detail"] = e.Detail
	}
	if len(e.Fields) > 0 {
		inner["fields"] = e.Fields
	}
	b, err := json.Marshal(map[string]any{"error": inner, "status": e.Status, "path": r.URL.RequestURI()})
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "application/vnd.mysterium.error+json")
	w.WriteHeader(e.Status)
	_, _ = w.Write(b)
}

// invalid refuses a field that is there and wrong.
func invalid(w http.ResponseWriter, r *http.Request, field, text string) {
	refuse(w, r, tequilapi.Error{
		Status: http.StatusBadRequest, Code: "validation_failed", Message: "Request validation failed",
		Detail: "Request validation failed: " + field + ": " + text + " [invalid_value]",
		Fields: map[string]tequilapi.FieldError{field: {Code: "invalid_value", Message: text}},
	})
}
