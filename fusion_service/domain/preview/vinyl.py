"""How matt vinyl looks under three soft boxes: the shader of the preview (GLSL 1.50).

Lights are given in the camera's axes (x right, y up, z towards the camera) and do not turn with
the figurine. Diffuse light wraps around the edge of the shadow a little, as in translucent vinyl;
the sheen is the GGX lobe with Schlick's Fresnel term (Walter et al. 2007; Schlick 1994). Colours
are squared on the way in and rooted on the way out, close to sRGB and cheap in software.

Vertices lie a few pixels apart and all light but one is soft, so it is computed at the vertices
(Gouraud 1971). Only the sheen of the key light has an edge: every pixel has its own.
"""

from __future__ import annotations

from fusion_service.domain.preview.baked_light import KEY_LIGHT

# The colour that comes back; out of a crease it has taken the colour of the toy once more.
REFLECTED = """
vec3 reflected(vec3 albedo, vec4 light_ambient) {
  vec3 tinted = mix(albedo, vec3(1.0), light_ambient.a);
  return albedo * light_ambient.rgb * mix(vec3(1.0), tinted, 0.5);
}
"""

VERTEX_DECLARATIONS = """
in vec4 albedo_ambient;
in vec4 key_light;
out vec3 turned;
out vec3 halfway;

float fresnel(vec3 view, vec3 between) {
  float grazing = 1.0 - max(dot(view, between), 0.0);
  float squared = grazing * grazing;  // products, because pow() is slow in software
  return 0.04 + 0.96 * squared * squared * grazing;
}
"""

# The camera picks the shadow that was baked for it: its backward axis in the figurine's frame
# tells front (+y), three-quarter, side (-x) and back (-y) apart.
VERTEX_BODY = """
float key_visible = key_light.y;
vec3 toward = vec3(MCVCMatrix[0][2], MCVCMatrix[1][2], MCVCMatrix[2][2]);
if (toward.y < -0.5) key_visible = key_light.w;
else if (toward.x < -0.8) key_visible = key_light.z;
else if (toward.x < -0.2) key_visible = key_light.x;

vec3 key = vec3(KEY_LIGHT);
vec3 fill = vec3(0.78, 0.22, 0.58);
vec3 rim = vec3(0.62, 0.45, -0.64);
vec3 view = normalize(-(MCVCMatrix * vertexMC).xyz);
turned = normalize(normalMatrix * normalMC);
float ambient = albedo_ambient.a;

float wrapped = clamp((dot(turned, key) + 0.25) / 1.25, 0.0, 1.0);
vec3 light = wrapped * mix(1.0, key_visible, 0.8) * vec3(1.02, 0.96, 0.88);
light += clamp(dot(turned, fill) * 0.7 + 0.3, 0.0, 1.0) * vec3(0.22, 0.21, 0.21) * ambient;
float upward = turned.y * 0.5 + 0.5;
light += mix(vec3(0.42, 0.36, 0.32), vec3(0.37, 0.36, 0.36), upward) * ambient;

float open = ambient * ambient;
float edge = 1.0 - max(dot(turned, view), 0.0);
edge = edge * edge * edge;
vec3 to_fill = normalize(fill + view);
float nh = max(dot(turned, to_fill), 0.0);
float spread = nh * nh * (0.06 - 1.0) + 1.0;
float gloss = max(dot(turned, fill), 0.0) * fresnel(view, to_fill) * 0.06 / (spread * spread);
gloss = gloss * 0.09 * open;
gloss += edge * (clamp(dot(turned, rim) + 0.35, 0.0, 1.0) * 0.2 + upward * 0.05) * open;

halfway = normalize(key + view);
float shine = fresnel(view, halfway) * (0.35 + 0.65 * key_visible) * 0.34 * 0.03;
"""

FRAGMENT_DECLARATIONS = """
//VTK::Color::Dec
in vec3 turned;
in vec3 halfway;
"""

FRAGMENT_BODY = """
vec3 normal = normalize(turned);
float nh = max(dot(normal, halfway), 0.0);
float spread = nh * nh * (0.03 - 1.0) + 1.0;
colour += max(dot(normal, vec3(KEY_LIGHT)), 0.0) * shine / (spread * spread);

// a soft shoulder keeps white shoes from burning out; by the largest channel, so that no hue turns
float peak = max(max(colour.r, colour.g), max(colour.b, 0.001));
float over = max(peak - 0.66, 0.0) / 0.34;
colour *= (min(peak, 0.66) + 0.34 * over / (1.0 + over)) / peak;
fragOutput0 = vec4(sqrt(colour), 1.0);
"""

# What differs: a plain colour is lit at the vertices, a texture where it is read.
PLAIN_OUT = "out vec4 lit_shine;\n"
PLAIN_VERTEX = """
vec3 lit = reflected(albedo_ambient.rgb, vec4(light, ambient)) + gloss;
lit_shine = vec4(lit, shine);
"""
PLAIN_FRAGMENT = """
vec3 colour = lit_shine.rgb;
float shine = lit_shine.a;
"""
TEXTURED_OUT = "out vec4 light_ambient;\nout vec2 gloss_shine;\n"
TEXTURED_VERTEX = """
light_ambient = vec4(light, ambient);
gloss_shine = vec2(gloss, shine);
"""
TEXTURED_FRAGMENT = """
vec3 texel = texture(actortexture, tcoordVCVSOutput).rgb;
vec3 colour = reflected(texel * texel, light_ambient) + gloss_shine.x;
float shine = gloss_shine.y;
"""


def shader_replacements(*, textured: bool) -> tuple[dict[str, str], dict[str, str]]:
    """Text to put in place of VTK's markers, for the vertex and for the fragment shader."""
    key = ", ".join(f"{component:.6f}" for component in KEY_LIGHT)
    out = TEXTURED_OUT if textured else PLAIN_OUT
    begin = TEXTURED_FRAGMENT if textured else PLAIN_FRAGMENT
    end = TEXTURED_VERTEX if textured else PLAIN_VERTEX
    vertex = {
        "//VTK::Color::Dec": VERTEX_DECLARATIONS + out + REFLECTED,
        "//VTK::Color::Impl": VERTEX_BODY.replace("KEY_LIGHT", key) + end,
    }
    fragment = {
        "//VTK::Color::Dec": FRAGMENT_DECLARATIONS + out.replace("out ", "in ") + REFLECTED,
        "//VTK::Light::Impl": begin + FRAGMENT_BODY.replace("KEY_LIGHT", key),
        "//VTK::TCoord::Impl": "",  # VTK would multiply the finished colour once more
    }
    return vertex, fragment
