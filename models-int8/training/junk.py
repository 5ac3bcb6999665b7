"""Pictures that are no screening images: generated, or cut from the two photographs that scikit-learn carries."""
import numpy as np
from PIL import Image, ImageDraw, ImageFilter
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
    im = photos[r.integers(len(photos))]
    side = int(r.uniform(60, 420))
    x, y = r.integers(0, im.width - side), r.integers(0, im.height - side)
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


KINDS = [flat, black, white_noise, cloud, gradient, shapes, screen, screen, bones, bones, disc, photograph, photograph, photograph, photograph]


def junk(count, seed, kinds=KINDS):
    """uint8 [count, 192, 192, 3] and the name of the generator of each."""
    r = np.random.default_rng(seed)
    makers = [kinds[i % len(kinds)] for i in range(count)]
    return np.stack([np.asarray(m(r).convert("RGB")) for m in makers]), [m.__name__ for m in makers]
