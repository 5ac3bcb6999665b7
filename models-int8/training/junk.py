"""Pictures that are no screening images: generated, or cut from the photographs that scikit-learn and scikit-image carry."""
import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from skimage import data as samples
from sklearn.datasets import load_sample_images

SIZE = 192


def _image(a):
    return Image.fromarray(np.clip(a, 0, 255).astype(np.uint8))


def flat(r):
    return _image(np.ones((SIZE, SIZE, 3)) * r.integers(0, 256, 3))


def black(r):
    return _image(r.normal(r.uniform(0, 12), r.uniform(0, 6), (SIZE, SIZE, 3)))


def white_noise(r):
    a = r.normal(r.uniform(60, 200), r.uniform(20, 90), (SIZE, SIZE, 1 if r.random() < 0.5 else 3))
    return _image(np.repeat(a, 3 // a.shape[2], 2))


def cloud(r):
    """1/f noise, coloured or grey: the statistics of a photograph without its content."""
    f = np.hypot(*np.meshgrid(np.fft.fftfreq(SIZE), np.fft.fftfreq(SIZE))) + 1 / SIZE
    a = [np.fft.ifft2(np.fft.fft2(r.normal(size=(SIZE, SIZE))) / f ** r.uniform(0.8, 1.8)).real for _ in range(3)]
    if r.random() < 0.4:
        a = [a[0]] * 3
    return _image(np.stack([128 + x / x.std() * r.uniform(25, 60) + r.uniform(-40, 40) for x in a], 2))


def gradient(r):
    t = np.linspace(0, 1, SIZE)
    x, y = np.meshgrid(t, t)
    g = np.cos(r.uniform(0, 6.3)) * x + np.sin(r.uniform(0, 6.3)) * y if r.random() < 0.5 else np.hypot(x - r.random(), y - r.random())
    g = (g - g.min()) / (np.ptp(g) + 1e-6)
    return _image(r.integers(0, 256, 3) * g[..., None] + r.integers(0, 256, 3) * (1 - g[..., None]))


def shapes(r):
    im = flat(r)
    d = ImageDraw.Draw(im)
    for _ in range(r.integers(3, 25)):
        box = sorted(r.integers(-30, SIZE + 30, 2)), sorted(r.integers(-30, SIZE + 30, 2))
        xy = (box[0][0], box[1][0], box[0][1] + 1, box[1][1] + 1)
        (d.ellipse if r.random() < 0.5 else d.rectangle)(xy, fill=tuple(int(v) for v in r.integers(0, 256, 3)))
    return im.filter(ImageFilter.GaussianBlur(r.uniform(0, 3)))


def screen(r):
    """A page or a program window: lines of text, boxes, a bar."""
    dark = r.random() < 0.3
    ink, paper = ((230,) * 3, (30,) * 3) if dark else ((20,) * 3, (250,) * 3)
    im = Image.new("RGB", (480, 480), paper)
    d = ImageDraw.Draw(im)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz     ABC0123456789.,"))
    d.rectangle((0, 0, 480, r.integers(10, 50)), fill=tuple(int(v) for v in r.integers(0, 256, 3)))
    for _ in range(r.integers(0, 5)):
        x, y = r.integers(0, 400, 2)
        d.rectangle((x, y, x + r.integers(20, 200), y + r.integers(20, 150)), fill=tuple(int(v) for v in r.integers(0, 256, 3)))
    step, margin = r.integers(12, 24), r.integers(5, 150)
    for y in range(r.integers(20, 80), 470, step):
        if r.random() < 0.85:
            d.text((margin, y), "".join(r.choice(letters, r.integers(5, 75))), fill=ink, font_size=int(r.integers(9, 18)))
    return im.resize((SIZE, SIZE), Image.Resampling.BOX)


def bones(r):
    """Limb-like film: bright tubes with soft tissue on black."""
    im = Image.new("L", (SIZE, SIZE), int(r.integers(0, 40)))
    soft, hard = ImageDraw.Draw(im), []
    x, y = r.uniform(60, 130), r.uniform(120, 190)
    for angle in np.sort(r.uniform(-1.2, 1.2, r.integers(1, 7))):
        px, py, w, heading = x, y, r.uniform(6, 22), angle
        for _ in range(r.integers(2, 5)):
            length = r.uniform(20, 60)
            qx, qy = px + length * np.sin(heading), py - length * np.cos(heading)
            soft.line((px, py, qx, qy), fill=int(r.integers(60, 110)), width=int(w * 2.4))
            hard.append((px, py, qx, qy, w))
            px, py, w, heading = qx, qy, w * 0.85, heading + r.normal(0, 0.12)
    im = im.filter(ImageFilter.GaussianBlur(3))
    d = ImageDraw.Draw(im)
    for px, py, qx, qy, w in hard:
        d.line((px, py, qx, qy), fill=int(r.integers(150, 250)), width=int(w))
        d.line((px, py, qx, qy), fill=int(r.integers(110, 170)), width=max(1, int(w * 0.5)))
    im = im.filter(ImageFilter.GaussianBlur(r.uniform(0.5, 2))).rotate(r.uniform(-180, 180))
    a = np.asarray(im, float) + r.normal(0, r.uniform(1, 10), (SIZE, SIZE))
    return _image(np.repeat(a[..., None], 3, 2))


def disc(r):
    """A lit disc without vessels: a lens cap, a lamp, a plate."""
    t = np.arange(SIZE) - SIZE / 2
    x, y = np.meshgrid(t, t)
    inside = np.hypot(x, y) < r.uniform(50, 96)
    inner = np.asarray(r.choice([cloud, flat, gradient, shapes])(r), float)
    return _image(inner * inside[..., None])


def photograph(r, photos=[]):
    if not photos:
        photos.extend(Image.fromarray(i) for i in load_sample_images().images)
        photos.extend(Image.fromarray(getattr(samples, n)()).convert("RGB") for n in ("astronaut", "chelsea", "coffee", "rocket", "coins", "immunohistochemistry", "brick"))
    return piece(r, photos[r.integers(len(photos))])


def unseen(r, photos=[]):
    """The like, of photographs kept back from training."""
    if not photos:
        photos.extend(Image.fromarray(getattr(samples, n)()).convert("RGB") for n in ("camera", "hubble_deep_field", "moon", "grass", "page", "clock", "cell"))
    return piece(r, photos[r.integers(len(photos))])


def piece(r, im):
    side = int(r.uniform(0.3, 1) * min(im.size))
    x, y = r.integers(0, im.width - side + 1), r.integers(0, im.height - side + 1)
    im = im.crop((x, y, x + side, y + side)).resize((SIZE, SIZE), Image.Resampling.BILINEAR).rotate(r.choice([0, 0, 90, 180]))
    return im.convert("L").convert("RGB") if r.random() < 0.25 else im


def sector(r):
    """Speckle with cysts and layers in a sector or a strip: ultrasound, but of no lung."""
    t = np.linspace(-1, 1, SIZE)
    x, y = np.meshgrid(t, (t + 1) / 2)
    base = np.asarray(cloud(r).convert("L"), float) / 128 * r.uniform(40, 110)
    for _ in range(r.integers(1, 6)):
        cx, cy, rx, ry = r.uniform(-0.6, 0.6), r.uniform(0.2, 0.9), *r.uniform(0.05, 0.35, 2)
        blob = 1 / (1 + np.exp((np.hypot((x - cx) / rx, (y - cy) / ry) - 1) * r.uniform(5, 40)))
        base = base * (1 - blob * r.uniform(0.3, 1)) + (blob * r.uniform(60, 200) if r.random() < 0.25 else 0)
    fine = np.asarray(_image(r.rayleigh(60, (SIZE, SIZE))).filter(ImageFilter.GaussianBlur(r.uniform(0.4, 1.4))), float) / 75
    a = base * fine * np.exp(-y * r.uniform(0, 1.5))
    if r.random() < 0.6:
        a = a * (np.abs(np.arctan2(x, y + r.uniform(0.05, 0.4))) < r.uniform(0.4, 0.8)) * (np.hypot(x, y) > r.uniform(0, 0.2))
    return _image(np.repeat(a[..., None], 3, 2))


def mouth(r):
    """Teeth in gums, or a wound: the reds of a fundus in another place."""
    base = np.asarray(cloud(r).convert("L"), float)[..., None] / 128
    im = _image(base * np.array([r.uniform(150, 230), r.uniform(60, 130), r.uniform(60, 130)]))
    d = ImageDraw.Draw(im)
    for row in range(r.integers(0, 3)):
        y, w = r.uniform(0.2, 0.7) * SIZE, r.uniform(14, 34)
        for x in np.arange(r.uniform(-w, 0), SIZE, w * r.uniform(1.0, 1.15)):
            shade = tuple(int(v * r.uniform(0.85, 1)) for v in (250, 235, 205))
            d.rounded_rectangle((x, y + r.normal(0, 4), x + w, y + w * r.uniform(1.3, 1.9) + 12), w * 0.35, fill=shade)
    im = im.filter(ImageFilter.GaussianBlur(r.uniform(0.5, 2.5))).rotate(r.uniform(-20, 20))
    if r.random() < 0.5:
        h = int(r.uniform(0, 55))
        ImageDraw.Draw(im).rectangle((0, 0, SIZE, h), fill=0), ImageDraw.Draw(im).rectangle((0, SIZE - h, SIZE, SIZE), fill=0)
    return im


def drawing(r):
    """Lines and discs in flat tones: a diagram, also one of a retina."""
    paper, ink = (int(v) for v in (r.integers(40, 256), r.integers(0, 120)))
    im = Image.new("L", (SIZE, SIZE), paper)
    d = ImageDraw.Draw(im)
    cx, cy = r.uniform(0, SIZE, 2)
    for _ in range(r.integers(5, 40)):
        angle, bend, x, y = r.uniform(0, 6.3), r.normal(0, 0.03), cx, cy
        line = [(x, y)]
        for _ in range(40):
            x, y, angle = x + 6 * np.cos(angle), y + 6 * np.sin(angle), angle + bend
            line.append((x, y))
        d.line(line, fill=ink, width=int(r.integers(1, 4)))
    size = r.uniform(5, 30)
    d.ellipse((cx - size, cy - size, cx + size, cy + size), fill=int(r.choice([255, ink])))
    tint = r.uniform(0.5, 1, 3) if r.random() < 0.5 else np.ones(3)
    return _image(np.asarray(im, float)[..., None] * tint)


def slice_of(r):
    """An ellipse of tissue on black (a head, a trunk with two dark lungs, a knee) or its negative, as CT and MR make them."""
    t = np.linspace(-1, 1, SIZE)
    x, y = np.meshgrid(t, t)
    tissue = np.asarray(cloud(r).convert("L"), float) * r.uniform(0.4, 1.4)
    body = np.hypot(x / r.uniform(0.45, 0.98), y / r.uniform(0.45, 0.95))
    a = tissue * (body < 1)
    a = np.where((body < 1) & (body > r.uniform(0.88, 0.98)), r.uniform(100, 255), a)
    for _ in range(r.integers(0, 5)):
        hole = np.hypot((x - r.uniform(-0.5, 0.5)) / r.uniform(0.05, 0.4), (y - r.uniform(-0.5, 0.5)) / r.uniform(0.05, 0.4)) < 1
        a = np.where(hole & (body < 0.9), r.uniform(0, 255), a)
    a = 255 - a if r.random() < 0.2 else a
    return _image(np.repeat(a[..., None], 3, 2)).filter(ImageFilter.GaussianBlur(r.uniform(0, 1.5)))


def scintigram(r):
    """A body or an organ as spots of light on black."""
    a = np.zeros((SIZE, SIZE))
    t = np.linspace(-1, 1, SIZE)
    x, y = np.meshgrid(t, t)
    for _ in range(r.integers(2, 25)):
        a += r.uniform(20, 120) * np.exp(-((x - r.normal(0, 0.15)) / r.uniform(0.02, 0.12)) ** 2 - ((y - r.uniform(-0.8, 0.8)) / r.uniform(0.02, 0.25)) ** 2)
    a = r.poisson(np.maximum(a, 0.2))
    return _image(np.repeat(a[..., None], 3, 2) * r.uniform(0.7, 2)).filter(ImageFilter.GaussianBlur(r.uniform(0.5, 1.5)))


def chambers(r):
    """Dark hollows with bright walls in a sector, with a caption: hearts and bellies."""
    t = np.linspace(-1, 1, SIZE)
    x, y = np.meshgrid(t, (t + 1) / 2)
    a = np.asarray(_image(r.rayleigh(r.uniform(15, 60), (SIZE, SIZE))).filter(ImageFilter.GaussianBlur(r.uniform(0.6, 1.6))), float)
    for _ in range(r.integers(2, 6)):
        rim = np.hypot((x - r.uniform(-0.4, 0.4)) / r.uniform(0.08, 0.35), (y - r.uniform(0.25, 0.85)) / r.uniform(0.06, 0.25))
        a = np.where(rim < 1, a * 0.15, a + 90 * np.exp(-((rim - 1.1) / 0.12) ** 2) * r.uniform(0.3, 1.2))
    a = a * (np.abs(np.arctan2(x, y + r.uniform(0.03, 0.3))) < r.uniform(0.4, 0.8)) * (np.hypot(x, y) < 1)
    im = _image(np.repeat(a[..., None], 3, 2))
    d = ImageDraw.Draw(im)
    for _ in range(r.integers(0, 4)):
        d.text((r.integers(0, 150), r.integers(0, 180)), "".join(r.choice(list("ABCDEF 0123456789.:"), 9)), fill=(200,) * 3, font_size=8)
    return im


KINDS = [flat, black, white_noise, cloud, gradient, shapes, screen, screen, bones, bones, disc, mouth, mouth, drawing, drawing, slice_of, slice_of,
         scintigram, photograph, photograph, photograph, photograph]


def junk(count, seed, kinds=KINDS):
    """uint8 [count, 192, 192, 3] and the name of the generator of each."""
    r = np.random.default_rng(seed)
    makers = [kinds[i % len(kinds)] for i in range(count)]
    return np.stack([np.asarray(m(r).convert("RGB")) for m in makers]), [m.__name__ for m in makers]
